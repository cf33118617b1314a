import { AwsCredentials } from "@/features/settings/components/AwsCredentials";
import { PageHead } from "@/shared/ui/PageHead";

export function SettingsRoute() {
  return (
    <>
      <PageHead title="Settings" facts={<span>Global settings (administrators).</span>} />
      <AwsCredentials />
    </>
  );
}
