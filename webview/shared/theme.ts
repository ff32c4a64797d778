/** The colours of the present theme, for canvases, which do not follow style sheets. */
export interface Theme {
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
  readonly background: string;
  readonly font: string;
  readonly hoverBackground: string;
  readonly hoverBorder: string;
}

/** Reads the colours that VS Code gives to the page now. */
export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  const foreground = value("--vscode-foreground", "#808080");
  const contrast = value("--vscode-contrastBorder", "");
  return {
    foreground,
    muted: value("--vscode-descriptionForeground", foreground),
    grid: contrast || value("--vscode-panel-border", foreground),
    accent: value("--vscode-charts-blue", foreground),
    background: value("--vscode-editor-background", "#ffffff"),
    font: value("--vscode-font-family", "sans-serif"),
    hoverBackground: value("--vscode-editorHoverWidget-background", "#ffffff"),
    hoverBorder: contrast || value("--vscode-editorHoverWidget-border", foreground),
  };
}

/** Calls back when the person changes the theme. */
export function onThemeChange(changed: () => void): void {
  new MutationObserver(changed).observe(document.body, { attributes: true, attributeFilter: ["class", "data-vscode-theme-id"] });
}
