import { useState } from "react";
import type { Plan } from "@/shared/api/types";
import type { UploadFile, UploadProgress } from "@/shared/api/upload";
import { useUploadPlan } from "./api/useUploadPlan";
import { faultOf, plansAmong } from "./chosenFiles";

export interface Uploading {
  /** null if nothing is being sent. */
  progress: UploadProgress | null;
  files: UploadFile[];
  fault: string | null;
  error: Error | null;
  /** The .jmx files to choose from before anything is sent; empty if there is nothing to choose. */
  choices: string[];
  choose: (mainFile: string) => void;
  send: (files: UploadFile[]) => void;
  cancel: () => void;
}

/** An upload with its progress, its errors and a way to cancel it. */
export function useUploading(planId: string | null, limits: { max_upload_bytes: number; max_files: number }, onDone: (plan: Plan) => void): Uploading {
  const mutation = useUploadPlan();
  const [files, setFiles] = useState<UploadFile[]>([]);
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [choices, setChoices] = useState<string[]>([]);
  const [abort, setAbort] = useState<AbortController | null>(null);
  const cancelled = mutation.error?.name === "AbortError";

  const go = (chosen: UploadFile[], mainFile: string | null) => {
    const controller = new AbortController();
    setAbort(controller);
    setChoices([]);
    setProgress({ sent_bytes: 0, total_bytes: chosen.reduce((sum, { file }) => sum + file.size, 0) });
    mutation.mutate({ planId, files: chosen, mainFile, onProgress: setProgress, signal: controller.signal }, { onSuccess: onDone, onSettled: () => setProgress(null) });
  };
  const send = (chosen: UploadFile[]) => {
    const wrong = faultOf(chosen, limits, planId === null);
    const plans = planId === null ? plansAmong(chosen) : [];
    setFault(wrong);
    setFiles(chosen);
    setChoices(wrong === null && plans.length > 1 ? plans : []);
    if (wrong === null && plans.length <= 1) go(chosen, null);
  };

  return { progress, files, fault, error: cancelled ? null : mutation.error, choices, choose: (main) => go(files, main), send, cancel: () => abort?.abort() };
}
