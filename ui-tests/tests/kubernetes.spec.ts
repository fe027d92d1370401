import { expect, test } from '@jupyterlab/galata';
import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';

import { card, closeAll, expectWorkers, openPanel } from './helpers';

const home = process.env.JLAB_TEST_DIR!;
const dask = join(home, '.config', 'dask');

let kubernetes: ChildProcess;

test.beforeAll(async () => {
  // It may have to be built.
  test.setTimeout(28 * 60_000);
  const cwd = join(__dirname, '..', '..', 'tests');
  kubernetes = spawn('python', ['-m', 'systems.kubernetes'], { cwd });
  let errors = '';
  kubernetes.stderr!.on('data', data => (errors += data));
  const first = await Promise.race([
    once(kubernetes.stdout!, 'data'),
    once(kubernetes, 'exit').then(() => null)
  ]);
  if (first === null) {
    test.skip(process.env.CASA_LABEXT_SYSTEMS !== 'required', errors);
    throw new Error(errors);
  }
  mkdirSync(join(home, '.kube'), { recursive: true });
  copyFileSync(String(first[0]).trim(), join(home, '.kube', 'config'));
  mkdirSync(dask, { recursive: true });
  writeFileSync(
    join(dask, 'kubernetes.yaml'),
    `casa-labext:
  profiles:
    kubernetes:
      kind: kubernetes
      title: Kubernetes
      options: { image: "localhost/python:test", cpu: 100m, memory: 600Mi }
`
  );
});

test.afterAll(async () => {
  rmSync(join(home, '.kube'), { recursive: true, force: true });
  rmSync(dask, { recursive: true, force: true });
  if (kubernetes.exitCode === null) {
    kubernetes.stdin!.end();
    await once(kubernetes, 'exit');
  }
});

test.afterEach(({ page }) => closeAll(page));

test('pods on Kubernetes, from the form to a computation', async ({ page }) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Kubernetes/ }).check();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Pods');
  await dialog
    .getByRole('spinbutton', { name: 'Workers', exact: true })
    .fill('2');
  await dialog.getByText('Preview').click();
  await expect(dialog.locator('.casa-Preview pre')).toContainText(
    'kind: DaskCluster'
  );
  await page.screenshot({ path: 'shots/kubernetes-new.png' });
  await dialog.getByRole('button', { name: 'Start' }).click();
  const pods = card(panel, 'Pods');
  await expectWorkers(pods, 2);

  await page.notebook.createNew('pods.ipynb', { kernel: 'python3' });
  await pods.getByRole('button', { name: 'Connect the current' }).click();
  await page.notebook.setCell(0, 'code', 'client.submit(sum, [4, 5]).result()');
  await expect(async () => {
    await page.notebook.runCell(0);
    await expect(
      page.locator('.jp-OutputArea-output').filter({ hasText: /^9$/ })
    ).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 60_000 });

  await pods.getByRole('button', { name: 'Dashboard' }).click();
  await expect(
    page.frameLocator('iframe[src*="/proxy/"]').locator('canvas').first()
  ).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: 'shots/kubernetes-dashboard.png' });
});

test('a pod that cannot start says why, and is cancelled', async ({ page }) => {
  const panel = await openPanel(page);
  const answer = await page.request.post('/casa-labext/api/clusters', {
    data: {
      profile: 'kubernetes',
      name: 'Nowhere',
      options: { image: 'localhost/nothing:here' }
    }
  });
  expect(answer.status()).toBe(202);
  const nowhere = card(panel, 'Nowhere');
  await expect(nowhere).toContainText('ErrImagePull');
  await page.screenshot({ path: 'shots/kubernetes-image.png' });
  await nowhere.getByRole('button', { name: 'Cancel' }).click();
  await expect(nowhere).toHaveCount(0, { timeout: 60_000 });
});
