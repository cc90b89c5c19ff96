/**
 * A test reporter's epilogue: the slowest files, every skipped test with its reason, then the
 * total, alone on its line.
 */
import type { Reporter, TestModule } from 'vitest/node';

export default class SkipsAndTotal implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        tests += 1;
        if (result.state === 'pending') continue;
        count[result.state] += 1;
        if (result.state === 'skipped')
          console.log(`skipped: ${test.fullName}: ${result.note ?? 'NO REASON GIVEN'}`);
      }
      if (tests === 0 && module.state() === 'failed') count.failed += 1;
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
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
