import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export function useDeleteAwsCredentials() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/credentials/aws"),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.awsCredentials }),
  });
}
