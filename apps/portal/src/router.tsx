import { createBrowserRouter, Navigate } from 'react-router';
import { CrashView } from './shell/crash-view.tsx';
import { NotFoundPage } from './shell/not-found-page.tsx';
import { Shell } from './shell/shell.tsx';

/** Each screen is its own chunk; the address is the whole state that a link must carry. */
export function createRouter() {
  return createBrowserRouter([
    {
      path: '/',
      Component: Shell,
      ErrorBoundary: CrashView,
      HydrateFallback: () => null,
      children: [
        { index: true, element: <Navigate to="/overview" replace /> },
        { path: 'overview', lazy: async () => ({ Component: (await import('./screens/overview/overview-page.tsx')).OverviewPage }) },
        { path: 'recommendations', lazy: async () => ({ Component: (await import('./screens/recommendations/recommendations-page.tsx')).RecommendationsPage }) },
        { path: 'recommendations/:poolId/fix', lazy: async () => ({ Component: (await import('./screens/fix/fix-page.tsx')).FixPage }) },
        { path: 'recommendations/:poolId/:cve?', lazy: async () => ({ Component: (await import('./screens/details/details-page.tsx')).DetailsPage }) },
        { path: 'vulnerabilities/:cve/images', lazy: async () => ({ Component: (await import('./screens/which-image/which-image-page.tsx')).WhichImagePage }) },
        { path: 'vulnerabilities/:cve?', lazy: async () => ({ Component: (await import('./screens/vulnerabilities/vulnerabilities-page.tsx')).VulnerabilitiesPage }) },
        { path: 'inventory', lazy: async () => ({ Component: (await import('./screens/inventory/inventory-page.tsx')).InventoryPage }) },
        { path: 'inventory/packages', lazy: async () => ({ Component: (await import('./screens/inventory/packages-page.tsx')).PackagesPage }) },
        { path: 'inventory/nodes/:nodeId', lazy: async () => ({ Component: (await import('./screens/node/node-page.tsx')).NodePage }) },
        { path: 'upgrade-jobs', lazy: async () => ({ Component: (await import('./screens/jobs/jobs-page.tsx')).JobsPage }) },
        { path: 'upgrade-jobs/:jobId', lazy: async () => ({ Component: (await import('./screens/jobs/job-page.tsx')).JobPage }) },
        { path: 'clusters/:clusterId/auto-upgrade', lazy: async () => ({ Component: (await import('./screens/auto-upgrade/auto-upgrade-page.tsx')).AutoUpgradePage }) },
        { path: 'settings', lazy: async () => ({ Component: (await import('./screens/settings/settings-page.tsx')).SettingsPage }) },
        { path: 'settings/connections/new', lazy: async () => ({ Component: (await import('./screens/connection/add-connection-page.tsx')).AddConnectionPage }) },
        { path: 'settings/connections/:connectionId/edit', lazy: async () => ({ Component: (await import('./screens/connection/edit-connection-page.tsx')).EditConnectionPage }) },
        { path: 'settings/rights/:kind', lazy: async () => ({ Component: (await import('./screens/connection/rights-page.tsx')).RightsPage }) },
        { path: '*', Component: NotFoundPage },
      ],
    },
  ]);
}
