import type { Ec2Config } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { DISTRIBUTIONS } from "../ec2Places";

/** The EC2 settings in a cluster's configuration; those left to JAC are not listed, except the region. */
export function Ec2Pairs({ config }: { config: Ec2Config }) {
  return (
    <>
      {pairsOf(config).map(([name, value]) => (
        <li key={name}>
          <span>{name}</span>
          <span className="pair-value">{value}</span>
        </li>
      ))}
    </>
  );
}

function pairsOf(config: Ec2Config): [string, string][] {
  const tags = Object.entries(config.tags).map(([name, value]) => `${name}=${value}`);
  const pairs: [string, string | null][] = [
    ["Region", config.region ?? "default region"],
    ["Master type", config.master_type],
    ["Worker type", config.worker_type],
    ["Fallback worker types", config.fallback_worker_types.length === 0 ? null : config.fallback_worker_types.join(", ")],
    ["Image", imageWords(config.image)],
    ["Disk per machine", `${formatCount(config.disk_gb)}\u00a0GB`],
    ["Purchase option", config.spot ? "spot" : "on demand"],
    ["Connect via", `${config.addresses} IPs`],
    ["VPC", config.vpc],
    ["Subnets", config.subnets.length === 0 ? null : config.subnets.join(", ")],
    ["Security group", config.security_group],
    ["SSH from", config.ssh_from],
    ["Key pair", config.key_name],
    ["Tags", tags.length === 0 ? null : tags.join(", ")],
    ["Tolerated worker launch failures", config.workers_may_fail === 0 ? null : formatCount(config.workers_may_fail)],
    ["Credentials", config.credentials === "environment" ? "the server’s own" : "the owner’s, saved"],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== null);
}

function imageWords(image: Ec2Config["image"]): string {
  if ("id" in image) return image.id;
  return DISTRIBUTIONS.find(({ distribution }) => distribution === image.newest)?.name ?? image.newest;
}
