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
        { index: true, element: <Navigate to="/recommendations" replace /> },
        { path: 'recommendations', lazy: async () => ({ Component: (await import('./screens/recommendations/recommendations-page.tsx')).RecommendationsPage }) },
        { path: 'recommendations/:poolId/fix', lazy: async () => ({ Component: (await import('./screens/fix/fix-page.tsx')).FixPage }) },
        { path: 'recommendations/:poolId/:cve?', lazy: async () => ({ Component: (await import('./screens/details/details-page.tsx')).DetailsPage }) },
        { path: 'upgrade-jobs', lazy: async () => ({ Component: (await import('./screens/jobs/jobs-page.tsx')).JobsPage }) },
        { path: 'upgrade-jobs/:jobId', lazy: async () => ({ Component: (await import('./screens/jobs/job-page.tsx')).JobPage }) },
        { path: 'settings', lazy: async () => ({ Component: (await import('./screens/settings/settings-page.tsx')).SettingsPage }) },
        { path: '*', Component: NotFoundPage },
      ],
    },
  ]);
}
