#!/usr/bin/env node
// Measures what the page of a live run costs the browser over a long time: 500 labels in Chromium, the real JMeter, this machine.
//
//   scripts/soak-page.mjs [--minutes 30] [--labels 500]
//
// JAC is the executable (default: the release build), JMETER_HOME the JMeter to use, CHROMIUM the browser. Each minute it prints the CPU usage of the page's process
// in percent of one CPU, its memory after a garbage collection (JavaScript heap and resident size), and the layout shift
// so far. Fails if the median minute is above 5 %, the heap at the end above 150 MB, or the shift above 0.1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openConsole, sleep } from "./lib/console.mjs";

const LIMITS = { cpuPercent: 5, heapMb: 150, shift: 0.1 };
const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" }, labels: { type: "string", default: "500" } } });
const [minutes, labels] = [Number(values.minutes), Number(values.labels)];

/** 30 threads, each about 16 samples a second, with this many labels. */
const PLAN = `<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="Many labels" enabled="true"/><hashTree>
<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="Users" enabled="true">
<elementProp name="ThreadGroup.main_controller" elementType="LoopController"><boolProp name="LoopController.continue_forever">false</boolProp><intProp name="LoopController.loops">-1</intProp></elementProp>
<stringProp name="ThreadGroup.num_threads">30</stringProp><stringProp name="ThreadGroup.ramp_time">10</stringProp>
<boolProp name="ThreadGroup.scheduler">true</boolProp><stringProp name="ThreadGroup.duration">${minutes * 60 + 120}</stringProp>
</ThreadGroup><hashTree>
<ConstantTimer guiclass="ConstantTimerGui" testclass="ConstantTimer" testname="Pause" enabled="true"><stringProp name="ConstantTimer.delay">60</stringProp></ConstantTimer><hashTree/>
<HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="GET /api/v1/items/\${__Random(1,${labels})}/detail" enabled="true">
<stringProp name="HTTPSampler.domain">127.0.0.1</stringProp><stringProp name="HTTPSampler.port">\${__P(target.port)}</stringProp>
<stringProp name="HTTPSampler.path">/</stringProp><stringProp name="HTTPSampler.method">GET</stringProp><boolProp name="HTTPSampler.use_keepalive">true</boolProp>
</HTTPSamplerProxy><hashTree/>
</hashTree></hashTree></hashTree></jmeterTestPlan>
`;

const shown = await openConsole();
try {
  const plan = join(shown.folder, "labels.jmx");
  writeFileSync(plan, PLAN);
  const run = await shown.run(plan, ["--workers", "1"]);
  const { page, browser } = shown;
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${shown.base}/runs/${run}`);
  await page.getByText("Active users", { exact: true }).first().waitFor();
  // Figures of the loaded page, not of its loading.
  await sleep(60_000);
  const own = await page.context().newCDPSession(page);
  const whole = await browser.newBrowserCDPSession();
  const busiest = async () => {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((most, each) => (each.cpuTime > most.cpuTime ? each : most));
  };
  await own.send("Performance.enable");
  const minutesOf = [];
  let heapMb = 0;
  let shift = 0;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const before = await busiest();
    const from = performance.now();
    await sleep(60_000);
    const after = await busiest();
    const cpu = ((after.cpuTime - before.cpuTime) * 100_000) / (performance.now() - from);
    await own.send("HeapProfiler.collectGarbage");
    const { metrics } = await own.send("Performance.getMetrics");
    heapMb = metrics.find(({ name }) => name === "JSHeapUsedSize").value / 2 ** 20;
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${after.id}/status`, "utf8"))?.[1]) / 1024;
    shift = await page.evaluate(() => window.shifted);
    minutesOf.push(cpu);
    console.log(`minute ${minute}: ${cpu.toFixed(1)} % of a processor, heap ${heapMb.toFixed(0)} MB, resident ${resident.toFixed(0)} MB, shift ${shift.toFixed(3)}`);
  }
  const median = minutesOf.sort((one, other) => one - other)[minutesOf.length >> 1];
  const rows = await page.getByRole("region", { name: "Labels" }).getByRole("table").getAttribute("aria-rowcount");
  const held = median <= LIMITS.cpuPercent && heapMb <= LIMITS.heapMb && shift <= LIMITS.shift && shown.faults.length === 0;
  console.log(`${minutes} min, table of ${rows} rows: median ${median.toFixed(1)} % of a processor, heap ${heapMb.toFixed(0)} MB, shift ${shift.toFixed(3)}; faults: ${shown.faults.length}`);
  console.log(held ? "held" : "not held");
  process.exitCode = held ? 0 : 1;
} finally {
  await shown.close();
}
