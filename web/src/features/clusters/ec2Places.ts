/** Suggestions of the create form; any other value may be typed too. */
import type { Distribution } from "@/shared/api/types";

/** AWS regions that every account has, and those that have to be enabled. */
export const REGIONS = [
  ...["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2", "eu-central-2"],
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"],
  ...["ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"],
  ...["ap-south-1", "ap-south-2", "ap-east-1", "me-central-1", "me-south-1", "il-central-1", "af-south-1"],
];

/** Types that suit a load generator, x86 and Arm. */
export const INSTANCE_TYPES = [
  ...["c6i.large", "c6i.xlarge", "c6i.2xlarge", "c6i.4xlarge", "c7i.large", "c7i.xlarge", "c7i.2xlarge", "c7i.4xlarge"],
  ...["c7g.large", "c7g.xlarge", "c7g.2xlarge", "c7g.4xlarge", "m6i.large", "m6i.xlarge", "m6i.2xlarge", "t3.medium", "t3.large"],
];

export const DISTRIBUTIONS: { distribution: Distribution; name: string }[] = [
  { distribution: "debian12", name: "Debian 12" },
  { distribution: "ubuntu2404", name: "Ubuntu 24.04 LTS" },
  { distribution: "amazon_linux2023", name: "Amazon Linux 2023" },
];
