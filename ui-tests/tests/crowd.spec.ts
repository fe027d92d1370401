import { expect, type Page, test } from '@playwright/test';
import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { join } from 'path';

/** 50 clusters, one of them with 2,000 workers and 5,000 jobs: what is asked for, what it looks like, and what it costs. */
test.use({ trace: 'off' });

/** How long the memory is watched, in s: ten minutes if somebody wants to know. */
const WATCHED = Number(process.env.CASA_LABEXT_WATCHED ?? 20);

let crowd: ChildProcess;
let url: string;

test.beforeAll(async () => {
  crowd = spawn('python', ['-m', 'systems.crowd', '50'], {
    cwd: join(__dirname, '..', '..', 'tests'),
    stdio: ['pipe', 'pipe', 'ignore']
  });
  const [first] = await once(crowd.stdout!, 'data');
  url = String(first).trim();
  await expect
    .poll(
      () =>
        fetch(`${url}/lab`).then(
          r => r.status,
          () => 0
        ),
      {
        timeout: 60_000
      }
    )
    .toBe(200);
});

test.afterAll(async () => {
  crowd.stdin!.end();
  await once(crowd, 'exit');
});

/** The part of frames that came late while a table was scrolled through, and the mean time of one in ms. */
async function scroll(page: Page, label: string): Promise<[number, number]> {
  return page
    .getByRole('grid', { name: label, exact: true })
    .evaluate(async (grid: Element) => {
      const times: number[] = [];
      for (let i = 0; i < 240; i++) {
        times.push(await new Promise(requestAnimationFrame));
        grid.scrollTop += 84;
      }
      const gaps = times.slice(1).map((time, i) => time - times[i]);
      const late = gaps.filter(gap => gap > 1.5 * (1000 / 60)).length;
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      return [late / gaps.length, mean] as [number, number];
    });
}

test('many clusters, and a large one', async ({ page }) => {
  test.setTimeout(240_000 + WATCHED * 1000);
  const figures: Record<string, number> = {};
  const devtools = await page.context().newCDPSession(page);
  const metric = async (name: string): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(one => one.name === name)!.value;
  };
  await devtools.send('Performance.enable');
  const requests: string[] = [];
  page.on('request', request => {
    if (request.url().includes('/casa-labext/')) {
      requests.push(request.url());
    }
  });
  await page.goto(`${url}/lab`);
  await page.getByRole('tab', { name: 'Dask clusters' }).click();
  const panel = page.locator('#casa-labext-panel');
  await expect(panel.locator('.casa-Card')).toHaveCount(50);
  const busy = panel.getByRole('listitem', { name: 'Busy' });
  await expect(busy).toContainText('of 2000 running');
  await page.screenshot({ path: 'shots/crowd.png' });

  // Nothing is asked while nothing is done.
  await page.waitForTimeout(5_000);
  requests.length = 0;
  const heap = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await metric('JSHeapUsedSize')) / 2 ** 20;
  };
  const before = await heap();
  const cpu = await metric('TaskDuration');
  await page.waitForTimeout(WATCHED * 1000);
  figures['panel with 50 cards, part of a core'] =
    ((await metric('TaskDuration')) - cpu) / WATCHED;
  figures['heap, MiB'] = before;
  figures[`heap grown in ${WATCHED} s, MiB`] = (await heap()) - before;
  expect(requests).toEqual([]);

  await panel.getByLabel('Filter clusters').fill('busy');
  await expect(panel.locator('.casa-Card')).toHaveCount(1);
  let start = Date.now();
  await busy.getByRole('button', { name: 'Details' }).click();
  const details = page.locator('.casa-Details');
  await expect(details.locator('.casa-Plot canvas')).toHaveCount(5);
  figures['details opened, ms'] = Date.now() - start;
  await page.screenshot({ path: 'shots/crowd-details.png' });
  for (const [label, count] of [
    ['Workers', 2000],
    ['Jobs', 5000]
  ] as const) {
    start = Date.now();
    await details.getByRole('tab', { name: label, exact: true }).click();
    const grid = page.getByRole('grid', { name: label, exact: true });
    await expect(grid).toHaveAttribute('aria-rowcount', `${count + 1}`);
    figures[`${label} shown, ms`] = Date.now() - start;
    const [late, mean] = await scroll(page, label);
    figures[`${label}: late frames`] = late;
    figures[`${label}: ms a frame`] = mean;
    await expect(grid.getByRole('row').nth(5)).toBeVisible();
  }
  console.log(JSON.stringify(figures, null, 1));
});
