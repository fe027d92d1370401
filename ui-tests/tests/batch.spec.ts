import { expect, test } from '@jupyterlab/galata';

import { BEDS, queue } from './beds';
import {
  card,
  closeAll,
  cluster,
  drag,
  expectWorkers,
  openPanel,
  startCluster
} from './helpers';

const SYSTEMS = [
  { bed: 'htcondor', title: 'HTCondor' },
  { bed: 'slurm', title: 'Slurm' },
  { bed: 'pbs', title: 'PBS' }
];

test.afterEach(({ page }) => closeAll(page));

for (const { bed, title } of SYSTEMS) {
  test(`from click to computed result on ${title}`, async ({ page }) => {
    test.skip(!BEDS.includes(bed), `There is no ${title} here.`);
    await page.notebook.createNew(`${bed}.ipynb`, { kernel: 'python3' });
    const panel = await openPanel(page);
    const mine = await startCluster(
      page,
      panel,
      'Jobs',
      2,
      title,
      async form => {
        await form.getByText('Preview').click();
        await expect(
          form.getByRole('region', { name: 'Preview' })
        ).toContainText('distributed.cli.dask_worker', { timeout: 30_000 });
        await page.screenshot({ path: `shots/${bed}-new.png` });
      }
    );
    await expectWorkers(mine, 2);
    expect(queue(bed)).toHaveLength(2);

    // Into the notebook, and compute.
    const cell = (await page.notebook.getCellLocator(0))!;
    await drag(page, mine, cell);
    await page.notebook.addCell(
      'code',
      'client.submit(sum, range(1000)).result()'
    );
    await page.notebook.run();
    const last = (await page.notebook.getCellCount()) - 1;
    const result = (await page.notebook.getCellLocator(last))!;
    await expect(result.locator('.jp-OutputArea-output')).toContainText(
      '499500',
      { timeout: 60_000 }
    );
    const { connection, dashboard } = await cluster(page, 'Jobs');
    expect(connection.address).toMatch(/^tls:/);
    await page.screenshot({ path: `shots/${bed}-running.png` });

    // The dashboard draws.
    await mine.getByRole('button', { name: 'Dashboard' }).click();
    const frame = page.frameLocator(`iframe[src*="${dashboard}"]`);
    await expect(frame.locator('canvas').first()).toBeVisible({
      timeout: 60_000
    });

    // The jobs are listed, each with its log.
    await mine.getByRole('button', { name: 'Details' }).click();
    await page
      .locator('.casa-Details')
      .getByRole('tab', { name: 'Jobs' })
      .click();
    const table = page.getByRole('grid', { name: 'Jobs' });
    await expect(table.getByText('running', { exact: true })).toHaveCount(2);
    await page.screenshot({ path: `shots/${bed}-jobs.png` });
    await table.getByRole('button', { name: 'Log' }).first().click();
    await expect(page.locator('.casa-Logs:visible')).toContainText(
      'Registered to:'
    );

    // Nothing is left.
    await mine.getByRole('button', { name: 'Shut down' }).click();
    await expect(card(panel, 'Jobs')).toHaveCount(0, { timeout: 30_000 });
    expect(queue(bed)).toEqual([]);
  });
}

test('jobs that are held, and why', async ({ page }) => {
  test.skip(!BEDS.includes('htcondor'), 'There is no HTCondor here.');
  const panel = await openPanel(page);
  const mine = await startCluster(page, panel, 'Held', 3, 'Held');
  const reason = 'memory usage exceeded request_memory (code 3.102)';
  await expect(mine.locator('.casa-WorkerBar-words')).toContainText('3 held', {
    timeout: 30_000
  });
  await expect(mine).toContainText(`Error from slot1@node7: ${reason}`);
  await expect(mine).toContainText('degraded');
  await expect(mine.getByRole('group', { name: 'Workers' })).toHaveAttribute(
    'title',
    new RegExp('3 held: Error from slot1@node7')
  );
  await page.screenshot({ path: 'shots/held-card.png' });

  // The reason leads to the jobs.
  await mine
    .getByRole('button', { name: new RegExp(reason.slice(0, 20)) })
    .click();
  const table = page.getByRole('grid', { name: 'Jobs' });
  await expect(table.getByText('held', { exact: true }).first()).toBeVisible();
  await expect(table).toContainText(reason);
  await page.screenshot({ path: 'shots/held-jobs-light.png' });
  await page.theme.setDarkTheme();
  await page.screenshot({ path: 'shots/held-jobs-dark.png' });
  await page.theme.setLightTheme();
  await page
    .locator('.casa-Details')
    .getByRole('tab', { name: 'Submitted' })
    .click();
  await expect(page.getByRole('region', { name: 'Submitted' })).toContainText(
    'periodic_hold = JobStatus == 2'
  );
  await page.screenshot({ path: 'shots/submitted.png' });

  await mine.getByRole('button', { name: 'Shut down' }).click();
  await expect(card(panel, 'Held')).toHaveCount(0, { timeout: 30_000 });
  expect(queue('htcondor')).toEqual([]);
});
