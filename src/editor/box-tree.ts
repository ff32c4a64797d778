import * as vscode from "vscode";
import { formatBytes, messageOf, singleLine } from "../base";
import { type BoxResources, type ConnectionStatus, followResources, type Forwarding, type Gpu, type GpuProcess, isRemote, nothingKnown } from "../boxes";
import { views } from "../contributions";
import { compareResources, type Need, type Resources } from "../tasks";
import type { BoxSource, ShownBox } from "./box-source";
import type { Ports } from "./ports";

/** A row of the view, with its rows below. */
export interface BoxRow {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly context?: string;
  readonly tooltip?: string;
  readonly below?: readonly BoxRow[];
  readonly forwarding?: Forwarding;
}

/** How long several news wait for each other before the view is drawn, in ms. */
const drawAfter = 150;
/** Short, so that the numbers behind it are seen in a narrow side bar. */
const barLength = 5;

/** The *Box* view: its state and what it has, compared with what the task asks for. It asks the box while it is visible. */
export class BoxTree implements vscode.TreeDataProvider<BoxRow>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<BoxRow>;
  private readonly parts: vscode.Disposable;
  private resources: BoxResources = nothingKnown;
  private wanted: Resources | undefined;
  private problem: string | undefined;
  private following: { readonly shown: ShownBox; readonly stop: AbortController } | undefined;
  private unsubscribe: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: BoxSource,
    private readonly ports: Ports,
  ) {
    this.view = vscode.window.createTreeView(views.box, { treeDataProvider: this });
    this.parts = vscode.Disposable.from(
      this.view,
      this.changes,
      source.onDidChange(() => this.begin()),
      ports.onDidChange(() => this.draw()),
      this.view.onDidChangeVisibility(() => this.follow()),
    );
  }

  private begin(): void {
    this.unsubscribe?.();
    this.resources = nothingKnown;
    this.wanted = undefined;
    const box = this.source.current?.box;
    this.unsubscribe = box !== undefined && isRemote(box) ? box.connection.subscribe(() => {
      this.follow();
      this.draw();
    }) : undefined;
    this.follow();
    this.draw();
  }

  /** Asks the box while the view is visible, and only then. */
  private follow(): void {
    const shown = this.view.visible ? this.source.current : undefined;
    // A connection that was closed for good is not tried from here.
    const asked = shown !== undefined && isRemote(shown.box) && shown.box.connection.status.state === "closed" ? undefined : shown;
    if (asked === this.following?.shown) {
      return;
    }
    this.following?.stop.abort();
    this.following = undefined;
    if (asked === undefined) {
      return;
    }
    const stop = new AbortController();
    this.following = { shown: asked, stop };
    this.problem = undefined;
    this.ask(asked, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) {
        this.problem = messageOf(error);
        this.draw();
      }
    });
  }

  private async ask({ box, workspaceFolder, wanted: asked }: ShownBox, signal: AbortSignal): Promise<void> {
    const wanted = await asked();
    if (signal.aborted) {
      return;
    }
    this.wanted = wanted;
    const tell = (resources: BoxResources): void => {
      if (!signal.aborted) {
        this.resources = resources;
        this.draw();
      }
    };
    await followResources(box, { folder: workspaceFolder, tools: wanted?.tools ?? [] }, tell, signal);
  }

  private draw(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changes.fire();
    }, drawAfter);
  }

  getChildren(row?: BoxRow): BoxRow[] {
    if (row !== undefined) {
      return [...(row.below ?? [])];
    }
    const shown = this.source.current;
    return shown === undefined ? [] : [stateRow(shown, this.problem, this.resources), ...resourceRows(this.resources, this.wanted), ...this.ports.list.map(portRow)];
  }

  getTreeItem({ id, label, description, icon, context, tooltip, below }: BoxRow): vscode.TreeItem {
    const hasBelow = below !== undefined && below.length > 0;
    const item = new vscode.TreeItem(label, hasBelow ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None);
    item.id = id;
    item.description = description;
    item.iconPath = new vscode.ThemeIcon(icon);
    item.contextValue = context ?? id;
    item.tooltip = tooltip ?? `${label}: ${description}`;
    item.accessibilityInformation = { label: `${label}: ${withoutBars(tooltip ?? description)}` };
    return item;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.following?.stop.abort();
    this.unsubscribe?.();
    this.parts.dispose();
  }
}

function stateRow({ box }: ShownBox, problem: string | undefined, { host, system }: BoxResources): BoxRow {
  const name = singleLine(box.name, 60);
  if (problem !== undefined) {
    return { id: "state", label: name, description: singleLine(problem), icon: "warning", context: "box.trouble" };
  }
  if (!isRemote(box)) {
    return { id: "state", label: name, description: system ?? "", icon: "vm", context: "box.local" };
  }
  const { status } = box.connection;
  const tooltip = "reason" in status ? singleLine(status.reason.message, 500) : [name, host, system].filter(Boolean).join("\n");
  return {
    id: "state",
    label: name,
    description: stateText(status),
    icon: status.state === "connected" ? "vm-active" : status.state === "closed" ? "vm-outline" : "sync~spin",
    context: status.state === "connected" ? "box.connected" : "box.trouble",
    tooltip,
  };
}

function stateText(status: ConnectionStatus): string {
  switch (status.state) {
    case "connected":
      return vscode.l10n.t("connected");
    case "connecting":
      return vscode.l10n.t("connecting…");
    case "lost":
      return vscode.l10n.t("connection lost, tried again at {0}", new Date(status.retryAt).toLocaleTimeString());
    case "reconnecting":
      return vscode.l10n.t("connection lost, being tried again…");
    case "closed":
      return vscode.l10n.t("not connected");
  }
}

/** The rows of what a box has. Where it falls short of the task, that is said. */
function resourceRows(resources: BoxResources, wanted: Resources | undefined): BoxRow[] {
  if (resources.processors === undefined && resources.gpus.kind === "unknown") {
    return [];
  }
  const short = (wanted === undefined ? [] : compareResources(wanted, resources)).filter(({ ok }) => ok === false);
  const lacks = (...kinds: Need["kind"][]): Need[] => short.filter(({ kind }) => kinds.includes(kind));
  const { processors, load, memoryBytes, memoryFreeBytes, disk } = resources;
  const notTold = vscode.l10n.t("not told");
  const used = memoryBytes === undefined || memoryFreeBytes === undefined ? undefined : memoryBytes - memoryFreeBytes;
  return [
    ...gpuRows(resources, lacks("gpus", "gpu-model", "gpu-memory")),
    quantityRow(
      "processors",
      vscode.l10n.t("Processors"),
      processors === undefined ? notTold : [String(Math.round(processors * 10) / 10), load === undefined ? "" : vscode.l10n.t("load {0}", load.toFixed(1))].filter(Boolean).join(" · "),
      "circuit-board",
      lacks("processors"),
    ),
    quantityRow("memory", vscode.l10n.t("Memory"), memoryBytes === undefined ? notTold : usage(used, memoryBytes), "server", lacks("memory")),
    quantityRow(
      "disk",
      vscode.l10n.t("Disk"),
      disk === undefined ? notTold : vscode.l10n.t("{0} free of {1}", formatBytes(disk.freeBytes), formatBytes(disk.bytes)),
      "database",
      lacks("disk"),
    ),
    ...lacks("tool").map(({ name = "" }): BoxRow => ({ id: `tool-${name}`, label: name, description: vscode.l10n.t("missing: the task needs it"), icon: "warning" })),
  ];
}

function quantityRow(id: string, label: string, description: string, icon: string, lacking: readonly Need[]): BoxRow {
  const needs = lacking.map(needText).join(", ");
  return lacking.length === 0 ? { id, label, description, icon } : { id, label, description: vscode.l10n.t("{0} · too little: the task needs {1}", description, needs), icon: "warning" };
}

function needText({ kind, wanted }: Need): string {
  if (typeof wanted === "string") {
    return singleLine(wanted, 40);
  }
  switch (kind) {
    case "gpus":
      return wanted === 1 ? vscode.l10n.t("1 GPU") : vscode.l10n.t("{0} GPUs", wanted);
    case "gpu-memory":
      return vscode.l10n.t("{0} on each GPU", formatBytes(wanted));
    case "processors":
      return String(wanted);
    default:
      return formatBytes(wanted);
  }
}

function gpuRows({ gpus, gpuProcesses }: BoxResources, lacking: readonly Need[]): BoxRow[] {
  const needs = lacking.length === 0 ? [] : [vscode.l10n.t("the task needs {0}", lacking.map(needText).join(", "))];
  const row = (description: string, icon: string): BoxRow => ({ id: "gpu", label: vscode.l10n.t("GPU"), description: [description, ...needs].join(" · "), icon: needs.length > 0 ? "warning" : icon });
  switch (gpus.kind) {
    case "unknown":
      return [row(vscode.l10n.t("asking…"), "loading~spin")];
    case "none":
      return [row(vscode.l10n.t("no GPU"), "circle-slash")];
    case "silent":
      return [row(vscode.l10n.t("nvidia-smi does not answer"), "warning")];
    case "failed":
      return [row(vscode.l10n.t("nvidia-smi fails: {0}", gpus.said), "warning")];
    case "present": {
      const shortage = needs.map((text): BoxRow => ({ id: "gpu-need", label: vscode.l10n.t("GPUs"), description: text, icon: "warning" }));
      return [...shortage, ...gpus.gpus.map((gpu) => gpuRow(gpu, gpuProcesses ?? []))];
    }
  }
}

function gpuRow(gpu: Gpu, processes: readonly GpuProcess[]): BoxRow {
  const { index, uuid, model, load, memoryBytes, memoryUsedBytes, instances, problem, driver } = gpu;
  const shortModel = model.replace(/^NVIDIA /, "");
  const parts = [
    problem,
    load === undefined ? undefined : `${bar(load / 100)} ${load} %`,
    memoryBytes === undefined ? undefined : amounts(memoryUsedBytes, memoryBytes),
    instances.length === 0 ? undefined : vscode.l10n.t("divided into {0}", instances.join(", ")),
    shortModel,
  ];
  const title = vscode.l10n.t("GPU {0}", index);
  const lines = [
    `${title}: ${model}`,
    problem,
    load === undefined ? vscode.l10n.t("Load is not told") : vscode.l10n.t("Load {0} %", load),
    memoryBytes === undefined ? undefined : vscode.l10n.t("Memory {0}", amounts(memoryUsedBytes, memoryBytes)),
    driver === undefined ? undefined : vscode.l10n.t("Driver {0}", driver),
  ];
  return {
    id: `gpu-${index}`,
    label: title,
    description: parts.filter(Boolean).join(" · "),
    icon: problem === undefined ? "pulse" : "warning",
    context: "gpu",
    tooltip: lines.filter(Boolean).join("\n"),
    below: processes.filter((process) => process.gpu === uuid).map(processRow),
  };
}

function processRow({ gpu, pid, owner, user, name, memoryBytes }: GpuProcess): BoxRow {
  const memory = memoryBytes === undefined ? undefined : formatBytes(memoryBytes);
  const whose = { ours: vscode.l10n.t("yours"), others: vscode.l10n.t("not yours: {0}", user ?? "?"), unknown: vscode.l10n.t("owner not told") }[owner];
  return {
    id: `process-${gpu}-${pid}`,
    label: name ?? vscode.l10n.t("process {0}", pid),
    description: [memory, whose].filter(Boolean).join(" · "),
    icon: { ours: "server-process", others: "account", unknown: "question" }[owner],
    context: `process.${owner}`,
    tooltip: [vscode.l10n.t("Process {0}", pid), name, memory, whose].filter(Boolean).join("\n"),
  };
}

function portRow(forwarding: Forwarding): BoxRow {
  const { localPort, remotePort, problem } = forwarding;
  const description = problem === undefined ? `localhost:${localPort}` : `localhost:${localPort} · ${singleLine(problem)}`;
  return { id: `port-${localPort}`, label: vscode.l10n.t("Port {0}", remotePort), description, icon: problem === undefined ? "radio-tower" : "warning", context: "port", forwarding };
}

function usage(used: number | undefined, of: number): string {
  return used === undefined ? formatBytes(of) : `${bar(used / of)} ${amounts(used, of)}`;
}

/** Such as `37 of 86 GB`; the unit stands once where it is the same. */
function amounts(used: number | undefined, of: number): string {
  const all = formatBytes(of);
  const part = used === undefined ? undefined : formatBytes(used);
  const unit = all.slice(all.indexOf(" "));
  return part === undefined ? all : vscode.l10n.t("{0} of {1}", part.endsWith(unit) ? part.slice(0, -unit.length) : part, all);
}

/** A share from 0 to 1 as text. */
function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barLength);
  return "▰".repeat(full) + "▱".repeat(barLength - full);
}

/** Screen readers would spell the bars. */
function withoutBars(text: string): string {
  return text.replace(/[▰▱]+ /g, "");
}
