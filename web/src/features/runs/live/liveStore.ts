/**
 * One run's live feed: subscribes, applies snapshots, requests missing data after a gap or a reconnect, and notifies React at most once per frame. A
 * hidden page has no frames: it is notified at once, as its tab's title shows the rate.
 */
import { liveSocket, type JacSocket, type SubscribeAnswer } from "@/shared/api/socket";
import { noteServerTime } from "@/shared/api/serverClock";
import { unpacked } from "@/shared/api/unpacked";
import type { PushedSnapshot, Snapshot } from "@/shared/api/types";
import { mergeAnswer, mergePushed, type LiveRun } from "./liveRun";

const ANSWER_WITHIN_MS = 8000;
/** A subscription may get lost; after a silence of this length it is repeated. */
const SILENCE_MS = 10_000;
const WATCH_EVERY_MS = 2000;

export class LiveStore {
  private live: LiveRun | null = null;
  private shown: LiveRun | null = null;
  private asking = false;
  private frame: number | null = null;
  private stopped = false;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private watch: ReturnType<typeof setInterval> | null = null;
  private heardAt = 0;
  private unpacking = Promise.resolve();
  private readonly listeners = new Set<() => void>();

  /** Opened by `start`: creating a store while rendering must not have side effects. */
  private socket: JacSocket | null = null;

  constructor(
    private readonly runId: string,
    private readonly open: () => JacSocket = liveSocket,
  ) {}

  start(): void {
    this.stopped = false;
    this.socket = this.open();
    this.socket.on("snapshot", this.onSnapshot);
    this.socket.on("connect", this.onConnect);
    document.addEventListener("visibilitychange", this.onVisibility);
    if (this.socket.connected) this.ask();
    this.watch ??= setInterval(() => {
      // A finished run sends nothing more.
      if (this.live?.run.phase === "finished") return;
      if (this.socket?.connected === true && performance.now() - this.heardAt > SILENCE_MS) this.ask();
    }, WATCH_EVERY_MS);
  }

  stop(): void {
    this.stopped = true;
    this.asking = false;
    this.socket?.off("snapshot", this.onSnapshot);
    this.socket?.off("connect", this.onConnect);
    document.removeEventListener("visibilitychange", this.onVisibility);
    if (this.socket?.connected === true) this.socket.emit("unsubscribe_run", { run_id: this.runId });
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    if (this.retry !== null) clearTimeout(this.retry);
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
    this.frame = null;
    this.retry = null;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): LiveRun | null => this.shown;

  private readonly onConnect = (): void => {
    this.asking = false;
    this.ask();
  };

  /** Decompressed one after the other, in order of arrival. */
  private readonly onSnapshot = (packed: ArrayBuffer): void => {
    this.unpacking = this.unpacking.then(async () => this.onPushed(await unpacked<PushedSnapshot>(packed))).catch(() => this.ask());
  };

  private onPushed(pushed: PushedSnapshot): void {
    if (this.stopped || pushed.run_id !== this.runId) return;
    this.heardAt = performance.now();
    noteServerTime(pushed.at_ms);
    const merged = mergePushed(this.live, pushed);
    if (merged.kind === "applied") this.put(merged.live);
    else if (merged.kind === "gap") this.ask();
  }

  private ask(): void {
    if (this.asking || this.stopped || this.socket === null) return;
    this.asking = true;
    this.heardAt = performance.now();
    const after = this.live?.seq ?? 0;
    const answer = this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck("subscribe_run", { run_id: this.runId, after });
    void answer.then(
      (given: SubscribeAnswer) => this.onAnswer("seq" in given ? given : null, after),
      () => this.onAnswer(null, after),
    );
  }

  /** null: no answer in time, or an error, for example because the run cannot be watched yet; retried after a delay. */
  private onAnswer(answer: Snapshot | null, after: number): void {
    this.asking = false;
    if (this.stopped) return;
    if (answer !== null) {
      noteServerTime(answer.at_ms);
      this.put(mergeAnswer(this.live, answer, after));
    } else if (this.socket?.connected === true) {
      this.retry = setTimeout(() => this.ask(), 1500);
    }
  }

  /** A requested frame never comes if the page is hidden before it. */
  private readonly onVisibility = (): void => {
    if (document.hidden && this.frame !== null) this.show();
  };

  private put(live: LiveRun): void {
    this.live = live;
    if (document.hidden) this.show();
    else this.frame ??= requestAnimationFrame(this.show);
  }

  private readonly show = (): void => {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    this.shown = this.live;
    for (const listener of this.listeners) listener();
  };
}
