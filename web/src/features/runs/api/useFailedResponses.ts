import { useQuery } from "@tanstack/react-query";
import { encodePath, getText } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { failedResponses } from "../failedResponses";

/** The failed samples that the node of a try run wrote to a file; null: there is no file. */
export function useFailedResponses(run: string, file: string | null) {
  return useQuery({
    enabled: file !== null,
    queryKey: keys.failedResponses(run, file ?? ""),
    queryFn: async ({ signal }) => failedResponses(await getText(`/runs/${run}/artefacts/${encodePath(file ?? "")}`, signal)),
  });
}
