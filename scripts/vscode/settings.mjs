// The settings of a VS Code that nothing distracts from: no welcome pages, no
// trust dialogs, no telemetry, no look-ups of updates.

/** What a person may choose to look at, and the name VS Code has for it. */
export const themes = {
  light: "Light Modern",
  dark: "Dark Modern",
  "hc-dark": "Default High Contrast",
  "hc-light": "Default High Contrast Light",
};

/** @typedef {keyof typeof themes} Theme */

/** @typedef {Record<string, unknown>} Settings */

/**
 * @param {string} text
 * @returns {text is Theme}
 */
export function isTheme(text) {
  return Object.hasOwn(themes, text);
}

/**
 * @param {object} options
 * @param {Theme} [options.theme]
 * @param {boolean} [options.trust] Ask whether folders are trusted, as VS Code does by itself.
 * @param {Settings} [options.more] Settings of the extension or the test.
 * @returns {Settings}
 */
export function quietSettings({ theme = "dark", trust = false, more = {} }) {
  return {
    "security.workspace.trust.enabled": trust,
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.colorTheme": themes[theme],
    "window.autoDetectColorScheme": false,
    "window.autoDetectHighContrast": false,
    "chat.disableAIFeatures": true,
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "extensions.autoUpdate": false,
    "extensions.ignoreRecommendations": true,
    "update.mode": "none",
    "breadcrumbs.filePath": "last",
    // As on a desktop: in a browser VS Code would save by itself.
    "files.autoSave": "off",
    "git.openRepositoryInParentFolders": "never",
    // Drawn as text of the page, not as pixels, the terminal can be read from the screen.
    "terminal.integrated.gpuAcceleration": "off",
    ...more,
  };
}
