/** A test reporter's epilogue: every skipped test with its reason, then the total, alone on its line. */
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
        if (result.state === 'skipped') console.log(`skipped: ${test.fullName}: ${result.note ?? 'NO REASON GIVEN'}`);
      }
      if (tests === 0 && module.state() === 'failed') count.failed += 1;
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
