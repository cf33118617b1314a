import type { Ec2Config } from "@/shared/api/types";

/** Like the server's defaults. */
export const EC2: Ec2Config = {
  region: null,
  credentials: "saved",
  master_type: "c6i.xlarge",
  worker_type: "c6i.large",
  fallback_worker_types: [],
  image: { newest: "debian12" },
  vpc: null,
  subnets: [],
  security_group: null,
  addresses: "public",
  ssh_from: null,
  disk_gb: 20,
  key_name: null,
  spot: false,
  tags: {},
  workers_may_fail: 0,
};
