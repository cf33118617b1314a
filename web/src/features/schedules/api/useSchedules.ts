import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, putJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Firing, NewSchedule, NextTime, RunChanges, Schedule, ScheduleOfRun, Timing } from "@/shared/api/types";
import { useFirstRows } from "@/shared/lists/usePages";
import { previewSearch } from "../scheduleForm";

/** The user's own schedules that were switched off after failures: the overview shows this until they are resumed. */
export function useSwitchedOff() {
  return useFirstRows<Schedule>("schedules", "owner=me&state=switched_off", 20);
}

export function useSchedule(id: string) {
  return useQuery({ queryKey: keys.schedule(id), queryFn: ({ signal }) => getJson<Schedule>(`/schedules/${id}`, signal) });
}

/** The results of its scheduled times, newest first. */
export function useFirings(id: string) {
  return useQuery({ queryKey: keys.firings(id), queryFn: ({ signal }) => getJson<Firing[]>(`/schedules/${id}/firings?limit=200`, signal) });
}

/** The next five times of the timing in the form; null: it is empty. */
export function usePreview(timing: Timing | null) {
  const search = timing === null ? "" : previewSearch(timing);
  return useQuery({
    enabled: timing !== null,
    queryKey: keys.schedulePreview(search),
    queryFn: ({ signal }) => getJson<NextTime[]>(`/schedules/preview?${search}`, signal),
    retry: false,
  });
}

/** The schedule that a run belongs to; null: a user started it. */
export function useScheduleOfRun(run: string) {
  return useQuery({
    queryKey: keys.scheduleOfRun(run),
    queryFn: ({ signal }) => getJson<ScheduleOfRun | null>(`/runs/${run}/schedule`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Creates a schedule, or saves an existing one. */
export function useSaveSchedule(id: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (schedule: NewSchedule) => (id === null ? postJson<Schedule>("/schedules", schedule) : putJson<Schedule>(`/schedules/${id}`, schedule)),
    onSuccess: (schedule) => {
      client.setQueryData(keys.schedule(schedule.id), schedule);
      void client.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
}

export function useChangeSchedule(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: "pause" | "resume") => postJson<Schedule>(`/schedules/${id}/${verb}`, {}),
    onSuccess: (schedule) => {
      client.setQueryData(keys.schedule(id), schedule);
      void client.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
}

/** `onDeleted` is also called if the page already shows that the schedule is gone. */
export function useDeleteSchedule(id: string, onDeleted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/schedules/${id}`),
    onSuccess: () => {
      onDeleted();
      return client.invalidateQueries({ queryKey: ["schedules", "list"] });
    },
  });
}

export function useStartNow(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: RunChanges) => postJson<Firing>(`/schedules/${id}/start`, changes),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.firings(id) }),
  });
}
