import type { RunNode } from "@/shared/api/types";
import { formatBytes, formatByteRate, formatExactPercent, formatSignedMs } from "@/shared/format/numbers";

/** From this share on the garbage collector works continuously, and its pauses affect the measured times. */
const FULL_HEAP = 0.9;
/** From this value on a clock's offset is visible in a chart of seconds. */
const CLOCK_OFFSET_MS = 1000;

const MB = 1024 * 1024;

/** The known properties of a node's machine as short texts, with those that disturb a test marked. */
export function healthWords(node: RunNode): { text: string; isBad: boolean }[] {
  const words = [];
  const health = node.health;
  if (health !== null) {
    words.push(
      { text: `CPU ${formatExactPercent(health.cpu_percent)} (peak ${formatExactPercent(health.cpu_highest_percent)})`, isBad: health.was_busy },
      { text: `memory ${formatBytes(health.memory_used_mb * MB)} of ${formatBytes(health.memory_mb * MB)}`, isBad: false },
      { text: `in ${formatByteRate(health.received_per_s)}, out ${formatByteRate(health.sent_per_s)}`, isBad: false },
    );
    if (health.heap_used_mb !== null && health.heap_mb !== null) {
      words.push({
        text: `JVM heap ${formatBytes(health.heap_used_mb * MB)} of ${formatBytes(health.heap_mb * MB)}`,
        isBad: health.heap_used_mb > FULL_HEAP * health.heap_mb,
      });
    }
    if (health.disk_free_mb !== null) {
      words.push({ text: `${formatBytes(health.disk_free_mb * MB)} disk free`, isBad: health.disk_free_mb < 512 });
    }
  }
  const offset = node.clock_offset_ms;
  if (offset !== null) {
    words.push({ text: `clock ${formatSignedMs(offset)}`, isBad: Math.abs(offset) > CLOCK_OFFSET_MS });
  }
  return words;
}
