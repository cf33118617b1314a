import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { AwsCredentialsView, NewAwsCredentials } from "@/shared/api/types";

export function useSaveAwsCredentials() {
  const client = useQueryClient();
  return useMutation({
    // A secret is no thing to keep for those who look at old requests.
    gcTime: 0,
    mutationFn: (credentials: NewAwsCredentials) => putJson<AwsCredentialsView>("/credentials/aws", credentials),
    onSuccess: (saved) => client.setQueryData(keys.awsCredentials, saved),
  });
}
