import { expect, type IJupyterLabPageFixture, test } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';
import { join } from 'path';

import {
  card,
  closeAll,
  drag,
  expectWorkers,
  newCluster,
  openPanel,
  startCluster
} from '../tests/helpers';

/** The pictures in the documentation: `make screenshots` draws them anew from the real thing. */
const images = join(__dirname, '..', '..', 'docs', 'images');

test.use({ viewport: { width: 1280, height: 800 } });
test.describe.configure({ timeout: 300_000 });

test.afterEach(({ page }) => closeAll(page));

const picture = async (page: IJupyterLabPageFixture, name: string) => {
  // Messages come and go.
  await page.evaluate(() => {
    for (const toast of document.querySelectorAll('.Toastify')) {
      (toast as HTMLElement).hidden = true;
    }
  });
  await page.screenshot({ path: join(images, `${name}.png`) });
};

/** In light and in dark. */
const pictures = async (page: IJupyterLabPageFixture, name: string) => {
  await picture(page, name);
  await page.theme.setDarkTheme();
  await picture(page, `${name}-dark`);
  await page.theme.setLightTheme();
};

const work = async (page: IJupyterLabPageFixture, code: string) => {
  await page.notebook.setCell(0, 'code', code);
  await page.notebook.runCell(0);
};

const LOAD = `import random, time
step = lambda seconds: lambda *_: time.sleep(random.uniform(0, 2 * seconds)) or bytes(10**6)
read = client.map(step(0.2), range(600), key="read")
fill = client.map(step(0.1), read, key="fill")
plot = client.map(step(0.3), fill[::2], fill[1::2], key="plot")
len(plot)`;

test('the panel, with a cluster in each condition', async ({ page }) => {
  const panel = await openPanel(page);
  const physics = await newCluster(page, panel, 'Physics', 2);
  await page.notebook.createNew('analysis.ipynb', { kernel: 'python3' });
  const chip = page.locator('.casa-KernelChip-button:visible');
  await chip.click();
  await page.locator('.lm-Menu-item', { hasText: 'Physics' }).click();
  await expect(chip).toHaveText('Physics');
  await startCluster(page, panel, 'Queued', 2, 'Huge');
  await startCluster(page, panel, 'Held', 3, 'Held');
  await startCluster(page, panel, 'Elsewhere', 1, 'Elsewhere');
  await work(page, LOAD);
  await expect(card(panel, 'Queued')).toContainText('2 queued');
  await expect(card(panel, 'Held')).toContainText('3 held', {
    timeout: 60_000
  });
  await expect(card(panel, 'Elsewhere')).toContainText('Cannot assign');
  await expect(physics).toContainText('processing');
  await page.waitForTimeout(45_000); // the plots are to show something
  // All four cards at once.
  await page.setViewportSize({ width: 1280, height: 1120 });
  await pictures(page, 'panel');
  await page.setViewportSize({ width: 1280, height: 800 });

  await card(panel, 'Held').getByRole('button', { name: 'Details' }).click();
  await page
    .locator('.casa-Details')
    .getByRole('tab', { name: 'Jobs' })
    .click();
  await expect(page.getByRole('grid', { name: 'Jobs' })).toContainText(
    'memory usage'
  );
  await picture(page, 'held');
  await page
    .locator('.casa-Details')
    .getByRole('tab', { name: 'Why no workers?' })
    .click();
  await expect(page.locator('.casa-Diagnosis-checks')).toContainText(
    'memory usage'
  );
  await picture(page, 'diagnosis');

  await physics.getByRole('button', { name: 'Details' }).click();
  const details = page.locator('.casa-Details:visible');
  await expect(details.locator('canvas')).toHaveCount(5);
  await pictures(page, 'details');
});

test('dashboards of two clusters', async ({ page }) => {
  const panel = await openPanel(page);
  const one = await newCluster(page, panel, 'Signal', 3);
  const two = await newCluster(page, panel, 'Background', 3);
  const open = async (mine: Locator) => {
    await mine.click({ button: 'right', position: { x: 10, y: 10 } });
    await page
      .getByRole('menuitem', { name: 'Plots of the dashboard' })
      .click();
    await page.getByRole('button', { name: 'Task Stream' }).click();
  };
  for (const [mine, name] of [
    [one, 'one'],
    [two, 'two']
  ] as const) {
    await page.notebook.createNew(`${name}.ipynb`, { kernel: 'python3' });
    await mine.getByRole('button', { name: 'Connect the current' }).click();
    await work(page, LOAD);
    await open(mine);
  }
  await page.evaluate(() => {
    const { shell } = (window as any).jupyterapp;
    const [first, second] = Array.from<any>(shell.widgets('main')).filter(
      widget => widget.id.includes('task-stream')
    );
    shell.add(second, 'main', { ref: first.id, mode: 'split-right' });
    shell.activateById(first.id);
  });
  await page.waitForTimeout(20_000);
  await picture(page, 'dashboards');
});

for (const [kind, name] of [
  ['htcondor', 'HTCondor'],
  ['slurm', 'Slurm'],
  ['pbs', 'PBS']
]) {
  test(`a cluster on ${name}`, async ({ page }) => {
    const panel = await openPanel(page);
    const mine = await startCluster(page, panel, name, 2, name, async form => {
      if (kind === 'htcondor') {
        await form.getByText('Preview').click();
        await expect(form.locator('.casa-Preview pre')).toBeVisible();
        await picture(page, 'new');
      }
    });
    await expectWorkers(mine, 2);
    await page.notebook.createNew('jobs.ipynb', { kernel: 'python3' });
    await drag(page, mine, (await page.notebook.getCellLocator(0))!);
    await mine.getByRole('button', { name: 'Details' }).click();
    const details = page.locator('.casa-Details');
    await details.getByRole('tab', { name: 'Jobs' }).click();
    const table = page.getByRole('grid', { name: 'Jobs' });
    await expect(table.getByText('running', { exact: true })).toHaveCount(2);
    await picture(page, kind);
  });
}
