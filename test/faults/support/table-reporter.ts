import type { Reporter, TestModule } from 'vitest/node';
import type { Result } from './scenario.ts';

/** Prints, as the last thing of a run, what every scenario came to: a table in Markdown. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test): [string, Result][] => {
        const { faults } = test.meta();
        return faults ? [[test.name, faults]] : [];
      }),
    );
    const lines = results.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, result]) => row(name, result));
    const all = results.reduce(
      (sum, [, { runs, messages, lost, doubled }]) => ({
        runs: sum.runs + runs,
        messages: sum.messages + messages,
        lost: sum.lost + lost,
        doubled: sum.doubled + doubled,
      }),
      { runs: 0, messages: 0, lost: 0, doubled: 0 },
    );
    const head = ['| scenario | runs | messages | lost | doubled |', '|---|---|---|---|---|'];
    // After the summary of the usual reporter.
    setImmediate(() => console.log(`\n${[...head, ...lines, row('**all**', all)].join('\n')}`));
  }
}

function row(name: string, { runs, messages, lost, doubled }: Result): string {
  return `| ${[name, runs, messages.toLocaleString('en-US'), lost, doubled].join(' | ')} |`;
}
