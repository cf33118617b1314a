import { useEffect, useState } from "react";
import { fetchRunLog } from "../api/fetchRunLog";
import { addChunk, EMPTY_TAIL, FIRST_BYTES, type LogTail } from "./logTail";

export interface RunLog {
  tail: LogTail;
  error: Error | null;
  asked: boolean;
}

const BEGIN: RunLog = { tail: EMPTY_TAIL, error: null, asked: false };

/** The end of a node's log; polled every two seconds during the run. Mount it with a key per node. */
export function useRunLog(runId: string, node: string, live: boolean): RunLog {
  const [log, setLog] = useState(BEGIN);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let tail = EMPTY_TAIL;
    const step = async (): Promise<void> => {
      let more = false;
      try {
        let chunk = await fetchRunLog(runId, node, tail.next, abort.signal);
        const far = chunk.size - FIRST_BYTES;
        if (chunk.next < far) chunk = await fetchRunLog(runId, node, far, abort.signal);
        tail = addChunk(tail, chunk);
        more = tail.next < tail.size && chunk.text !== "";
        setLog({ tail, error: null, asked: true });
      } catch (error) {
        if (abort.signal.aborted) return;
        setLog({ tail, error: error instanceof Error ? error : new Error(String(error)), asked: true });
      }
      if (more) void step();
      else if (live) timer = setTimeout(() => void step(), 2000);
    };
    void step();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [runId, node, live]);
  return log;
}
