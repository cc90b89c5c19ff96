/**
 * A test reporter's epilogue: the slowest files, every skipped test with its reason, every failed
 * one with its first error, then the total, alone on its line.
 */
import type { Reporter, TestModule } from 'vitest/node';

export default class SkipsAndTotal implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    const failures = errors.map((error) => `outside of a test: ${firstLine(error)}`);
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        tests += 1;
        if (result.state === 'pending') continue;
        count[result.state] += 1;
        if (result.state === 'skipped')
          console.log(
            `skipped: ${module.relativeModuleId}: ${test.fullName}: ${result.note ?? 'NO REASON GIVEN'}`,
          );
        if (result.state === 'failed')
          failures.push(
            `${module.relativeModuleId}: ${test.fullName}: ${firstLine(result.errors[0])}`,
          );
      }
      if (tests === 0 && module.state() === 'failed') {
        count.failed += 1;
        failures.push(`${module.relativeModuleId}: ${firstLine(module.errors()[0])}`);
      }
    }
    const slowest = modules
      .map((module) => ({
        file: module.relativeModuleId,
        seconds: module.diagnostic().duration / 1000,
      }))
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, 10);
    for (const { file, seconds } of slowest)
      if (seconds >= 1) console.log(`slow: ${seconds.toFixed(1)} s  ${file}`);
    for (const failure of failures) console.log(`failed: ${failure}`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

/** Returns the first line of an error's message. */
function firstLine(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message).split('\n', 1)[0] ?? '';
}
