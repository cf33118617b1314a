import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { AwsCredentialsView } from "@/shared/api/types";

/** What is saved, without its secrets: those never leave the server. */
export function useAwsCredentials() {
  return useQuery({ queryKey: keys.awsCredentials, queryFn: ({ signal }) => getJson<AwsCredentialsView>("/credentials/aws", signal) });
}
