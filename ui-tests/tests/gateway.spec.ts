import { expect, test } from '@jupyterlab/galata';
import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { mkdirSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';

import { card, closeAll, expectWorkers, openPanel } from './helpers';

const folder = join(process.env.JLAB_TEST_DIR!, '.config', 'dask');

let gateway: ChildProcess;

test.beforeAll(async () => {
  const cwd = join(__dirname, '..', '..', 'tests');
  gateway = spawn('python', ['-m', 'systems.gateway'], { cwd });
  let errors = '';
  gateway.stderr!.on('data', data => (errors += data));
  const first = await Promise.race([
    once(gateway.stdout!, 'data'),
    once(gateway, 'exit').then(() => null)
  ]);
  if (first === null) {
    test.skip(process.env.CASA_LABEXT_SYSTEMS !== 'required', errors);
    throw new Error(errors);
  }
  const environ = JSON.parse(String(first[0]));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway:
  address: ${environ.DASK_GATEWAY__ADDRESS}
  auth:
    type: ${environ.DASK_GATEWAY__AUTH__TYPE}
    kwargs: ${environ.DASK_GATEWAY__AUTH__KWARGS}
casa-labext:
  profiles:
    gateway: { kind: gateway, title: Gateway, locked: [image] }
`
  );
});

test.afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  if (gateway.exitCode === null) {
    gateway.stdin!.end();
    await once(gateway, 'exit');
  }
});

test.afterEach(({ page }) => closeAll(page));

test('a cluster of a gateway, from the form to its dashboard', async ({
  page
}) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Gateway/ }).check();
  await dialog.getByLabel('Name').fill('Mine');
  await dialog
    .getByRole('spinbutton', { name: 'Workers', exact: true })
    .fill('1');
  await dialog.getByRole('spinbutton', { name: 'Cores' }).fill('2');
  await dialog.getByLabel('Flavour').selectOption('big');
  await expect(
    dialog.getByRole('textbox', { name: 'Image' })
  ).not.toBeEditable();
  await page.screenshot({ path: 'shots/gateway-new.png' });
  await dialog.getByRole('button', { name: 'Start' }).click();
  const mine = card(panel, 'Mine');
  await expectWorkers(mine, 1);
  await expect(mine).toContainText('2 cores');

  await page.notebook.createNew('gateway.ipynb', { kernel: 'python3' });
  await mine.getByRole('button', { name: 'Connect the current' }).click();
  await page.notebook.setCell(0, 'code', 'client.submit(sum, [4, 5]).result()');
  await expect(async () => {
    await page.notebook.runCell(0);
    await expect(
      page.locator('.jp-OutputArea-output').filter({ hasText: /^9$/ })
    ).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 60_000 });

  await mine.getByRole('button', { name: 'Dashboard' }).click();
  await expect(
    page.frameLocator('iframe[src*="/clusters/"]').locator('canvas').first()
  ).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: 'shots/gateway-dashboard.png' });
});
