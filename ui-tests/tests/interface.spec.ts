import {
  expect,
  galata,
  type IJupyterLabPageFixture,
  test
} from '@jupyterlab/galata';

import {
  card,
  closeAll,
  expectAccessible,
  expectWorkers,
  newCluster,
  openPanel
} from './helpers';

// Galata's own answers for kernels fail when one is restarted.
test.use({ kernels: null });

test.afterEach(({ page }) => closeAll(page));

const compute = async (page: IJupyterLabPageFixture, result: number) => {
  await page.notebook.setCell(
    0,
    'code',
    `client.submit(sum, [${result}]).result()`
  );
  await page.notebook.runCell(0);
  await expect(
    page.locator('.jp-OutputArea-output').filter({ hasText: `${result}` })
  ).toBeVisible({ timeout: 30_000 });
};

test('the chip connects, reconnects after a restart, and lets go', async ({
  page
}) => {
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Physics', 1);
  await page.notebook.createNew('chip.ipynb', { kernel: 'python3' });
  const chip = page.locator('.jp-NotebookPanel .casa-KernelChip-button');
  await expect(chip).toHaveText('No cluster');
  await chip.click();
  await page.screenshot({ path: 'shots/chip-menu.png' });
  await page.locator('.lm-Menu-item', { hasText: 'Physics' }).click();
  await expect(chip).toHaveText('Physics');
  await compute(page, 41);
  await page.screenshot({ path: 'shots/chip.png' });

  await page.evaluate(() =>
    (
      window as any
    ).jupyterapp.shell.currentWidget.sessionContext.restartKernel()
  );
  await expect(chip).toHaveText('Reconnect Physics');
  await chip.click();
  await expect(chip).toHaveText('Physics');
  await compute(page, 42);

  // A client of the user's own is noticed, too.
  await page.notebook.setCell(0, 'code', 'client.close()');
  await page.notebook.runCell(0);
  await expect(chip).toHaveText('No cluster');
  await chip.click();
  await page.locator('.lm-Menu-item', { hasText: 'Physics' }).click();
  await expect(chip).toHaveText('Physics');
  await mine.getByRole('button', { name: 'Shut down' }).click();
  await expect(chip).toHaveText('Physics is gone');
});

test('details: plots, workers, logs and configuration', async ({ page }) => {
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Physics', 2);
  await mine.getByRole('button', { name: 'Details' }).click();
  const details = page.locator('.casa-Details');
  await expect(details.locator('.casa-Plot canvas')).toHaveCount(5);
  await expect(details.getByRole('region', { name: 'Events' })).toContainText(
    'Running'
  );
  await expectAccessible(page, '.casa-Details');
  await page.screenshot({ path: 'shots/details.png' });
  await page.theme.setDarkTheme();
  await page.screenshot({ path: 'shots/details-dark.png' });
  await expectAccessible(page, '.casa-Details', '#casa-labext-panel');
  await page.theme.setLightTheme();

  await details.getByRole('tab', { name: 'Workers', exact: true }).click();
  const workers = details.getByRole('grid', { name: 'Workers' });
  await expect(workers.getByRole('row')).toHaveCount(3);
  await page.screenshot({ path: 'shots/details-workers.png' });
  await expectAccessible(page, '.casa-Details');
  await workers.getByRole('button', { name: 'Retire' }).first().click();
  await expectWorkers(mine, 1);
  await expect(workers.getByRole('row')).toHaveCount(2);
  await workers.getByRole('button', { name: 'Log' }).click();
  await expect(page.locator('.casa-Logs:visible')).toContainText(
    'Registered to'
  );

  await mine.getByRole('button', { name: 'Details' }).click();
  await details.getByRole('tab', { name: 'Logs' }).click();
  await details.getByLabel('Source').selectOption('scheduler');
  await expect(page.locator('.casa-Logs:visible')).toContainText(
    'Scheduler at'
  );
  await details.getByLabel('Search the logs').fill('scheduler at');
  await expect(page.locator('.casa-Logs:visible')).not.toContainText(
    'Register worker'
  );
  const download = page.waitForEvent('download');
  await details.getByRole('button', { name: 'Download the logs' }).click();
  expect((await download).suggestedFilename()).toBe('Physics.log');
  await expectAccessible(page, '.casa-Details');
  await details.getByRole('tab', { name: 'Configuration' }).click();
  await expect(
    details.getByRole('region', { name: 'Configuration' })
  ).toContainText('threads-per-worker');
  await expectAccessible(page, '.casa-Details');
});

test('dashboards of two clusters side by side, restored after a reload', async ({
  page
}) => {
  const panel = await openPanel(page);
  const one = await newCluster(page, panel, 'One', 1);
  const two = await newCluster(page, panel, 'Two', 1);
  for (const mine of [one, two]) {
    await mine.click({ button: 'right', position: { x: 10, y: 10 } });
    await page
      .getByRole('menuitem', { name: 'Plots of the dashboard' })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Search plots').fill('task stream');
    await page.screenshot({ path: 'shots/plots.png' });
    await dialog.getByRole('button', { name: 'Task Stream' }).click();
  }
  // By hand: the second one to the right. The layout is saved a moment later.
  const saved = page.waitForRequest(
    request =>
      request.url().includes('/api/workspaces') && request.method() === 'PUT'
  );
  await page.evaluate(() => {
    const { shell } = (window as any).jupyterapp;
    const [first, second] = Array.from<any>(shell.widgets('main')).filter(
      widget => widget.id.includes('task-stream')
    );
    shell.add(second, 'main', { ref: first.id, mode: 'split-right' });
  });
  const frames = page.locator('iframe[src*="individual-task-stream"]');
  const drawn = async () => {
    await expect(frames).toHaveCount(2);
    for (const index of [0, 1]) {
      await expect(frames.nth(index)).toBeVisible();
      await expect(
        frames.nth(index).contentFrame().locator('canvas').first()
      ).toBeVisible({ timeout: 60_000 });
    }
  };
  await drawn();
  await page.screenshot({ path: 'shots/dashboards.png' });
  await saved;
  await page.reload({ waitForIsReady: false });
  await drawn();

  // A pane says that its cluster has gone, and comes back with it.
  await two.getByRole('button', { name: 'Shut down' }).click();
  const note = page.locator('.casa-Dashboard-note:visible', {
    hasText: 'Two is gone'
  });
  await expect(note).toBeVisible();
  await page.screenshot({ path: 'shots/dashboard-gone.png' });
  await newCluster(page, panel, 'Two', 1);
  await expect(note).toHaveCount(0);
  await drawn();

  await one.click({ button: 'right', position: { x: 10, y: 10 } });
  await page.getByRole('menuitem', { name: 'Dashboard layout' }).click();
  await expect(page.locator('iframe[src*="individual-"]:visible')).toHaveCount(
    4
  );
  await page.screenshot({ path: 'shots/layout.png' });
});

test('in the places that JupyterLab has', async ({ page }) => {
  await page.menu.clickMenuItem('File>New Launcher');
  const launcher = page.locator('.jp-Launcher:visible');
  await launcher.getByText('This machine').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Physics');
  await dialog.getByRole('button', { name: 'Start' }).click();
  const panel = await openPanel(page);
  await expect(card(panel, 'Physics')).toContainText('running');
  await expect(
    page.locator('.Toastify').getByText('Physics is ready.')
  ).toBeVisible();
  await page.screenshot({ path: 'shots/launcher.png' });

  await page.sidebar.openTab('filebrowser');
  await page.locator('.casa-Status', { hasText: '1 cluster' }).click();
  await expect(panel).toBeVisible();

  await page.evaluate(() =>
    (window as any).jupyterapp.commands.execute(
      'apputils:activate-command-palette'
    )
  );
  await page
    .locator('.lm-CommandPalette-search input')
    .fill('Dask clusters details');
  await page.screenshot({ path: 'shots/palette.png' });
  await page.keyboard.press('Enter');
  await expect(page.locator('.casa-Details')).toBeVisible();

  await page.sidebar.openTab('jp-running-sessions');
  const running = page.locator('#jp-running-sessions');
  const item = running.getByRole('treeitem', { name: /^Physics \d of/ });
  await expect(item).toBeVisible();
  await page.screenshot({ path: 'shots/running.png' });
  await item.hover();
  await item.getByTitle('Shut Down').click();
  await expect(item).toHaveCount(0, { timeout: 30_000 });
});

test('everything once by keyboard alone', async ({ page }) => {
  const panel = await openPanel(page);
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
  };
  /** Go on with Tab until something has the focus. */
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 60; i++) {
      const focused = await page.evaluate(() => {
        const node = document.activeElement as HTMLElement | null;
        const label = node?.getAttribute('aria-label') ?? node?.title;
        return label || node?.textContent || '';
      });
      if (name.test(focused)) {
        return;
      }
      await press('Tab');
    }
    throw new Error(`Tab does not lead to ${name}.`);
  };
  await panel.getByRole('button', { name: 'New cluster' }).focus();
  await press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expectAccessible(page, '.jp-Dialog-content');
  await dialog.getByRole('radio', { name: /^This machine/ }).focus();
  await press('Space');
  await press('Enter');
  await expect(dialog).toHaveCount(0);
  const mine = card(panel, 'This machine');
  await expect(mine).toContainText('running');
  await expectAccessible(page, '#casa-labext-panel');

  await panel.getByRole('button', { name: 'New cluster' }).focus();
  await tabTo(/^This machine$/);
  await page.screenshot({ path: 'shots/focus.png' });
  await press('F2');
  await page.keyboard.type('Mine');
  await press('Enter');
  const renamed = card(panel, 'Mine');
  await expect(renamed).toBeVisible();
  await expect(renamed).toBeFocused();
  await tabTo(/^Scale$/);
  await press('Enter');
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('spinbutton').first()).toBeVisible();
  await expectAccessible(page, '.jp-Dialog-content');
  await dialog.getByRole('spinbutton').first().focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('1');
  await press('Enter');
  await expect(dialog).toHaveCount(0);
  await expectWorkers(renamed, 1);

  await renamed.focus();
  await tabTo(/^Details$/);
  await press('Enter');
  const tabs = page.locator('.casa-Details [role="tab"]');
  await expect(tabs.first()).toBeVisible();
  await tabs.first().focus();
  await press('ArrowRight', 'Enter');
  await expect(page.getByRole('grid', { name: 'Workers' })).toBeVisible();
  await renamed.focus();
  await tabTo(/^Shut down$/);
  await press('Enter');
  await expect(renamed).toHaveCount(0, { timeout: 30_000 });
});

test.describe('in the high-contrast theme', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/apputils-extension:themes': {
        theme: 'JupyterLab Dark High Contrast'
      }
    }
  });

  test('the panel, the form, the details and the configuration can be read', async ({
    page
  }) => {
    const panel = await openPanel(page);
    await newCluster(page, panel, 'Physics', 1);
    await expectAccessible(page, '#casa-labext-panel');
    await page.screenshot({ path: 'shots/high-contrast.png' });

    await panel.getByRole('button', { name: 'New cluster' }).click();
    await expect(page.getByLabel('Name')).toBeVisible();
    await expectAccessible(page, '.jp-Dialog-content');
    await page.screenshot({ path: 'shots/high-contrast-new.png' });
    await page.getByRole('button', { name: 'Cancel' }).click();

    await card(panel, 'Physics')
      .getByRole('button', { name: 'Details' })
      .click();
    const details = page.locator('.casa-Details');
    await expect(details.locator('.casa-Plot canvas')).toHaveCount(5);
    for (const tab of await details.getByRole('tab').all()) {
      await tab.click();
      await expectAccessible(page, '.casa-Details');
    }
    await page.screenshot({ path: 'shots/high-contrast-details.png' });

    await panel.getByRole('button', { name: 'Dask configuration' }).click();
    await expect(page.locator('.casa-Configuration')).toContainText('profiles');
    await expectAccessible(page, '.casa-Configuration');
  });
});

test('the form and the configuration page are accessible in both themes', async ({
  page
}) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'Dask configuration' }).click();
  await expect(page.locator('.casa-Configuration')).toContainText('profiles');
  for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
    await page.theme.setTheme(theme);
    await expectAccessible(page, '.casa-Configuration');
    await panel.getByRole('button', { name: 'New cluster' }).click();
    await expect(page.getByLabel('Name')).toBeVisible();
    await expectAccessible(page, '.jp-Dialog-content');
    await page.getByRole('button', { name: 'Cancel' }).click();
  }
});
