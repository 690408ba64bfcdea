import { FluentProvider } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import './app.css';
import { PreferencesProvider, type Surroundings, usePreferences } from './preferences.tsx';
import { createRouter } from './router.tsx';
import { darkTheme, lightTheme } from './theme.ts';
import { ApiError } from '@nodeward/api';

/** A client error stays one; anything else may pass. */
const retry = (failures: number, error: Error): boolean => !(error instanceof ApiError && error.problem.status < 500) && failures < 2;

export function renderPortal(place: HTMLElement, surroundings: Surroundings): void {
  const client = new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: true } } });
  const router = createRouter();
  createRoot(place).render(
    <StrictMode>
      <PreferencesProvider surroundings={surroundings}>
        <QueryClientProvider client={client}>
          <Themed>
            <RouterProvider router={router} />
          </Themed>
        </QueryClientProvider>
      </PreferencesProvider>
    </StrictMode>,
  );
}

function Themed({ children }: { readonly children: React.ReactNode }) {
  const { dark, language } = usePreferences();
  return (
    <FluentProvider theme={dark ? darkTheme : lightTheme} lang={language}>
      {children}
    </FluentProvider>
  );
}
