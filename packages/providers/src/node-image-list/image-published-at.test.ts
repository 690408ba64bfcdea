import { describe, expect, it } from 'vitest';
import { imagePublishedAt } from './image-published-at.ts';

describe('the day on which a node image was published', () => {
  it.each([
    ['AKSUbuntu-2204gen2containerd-202309.06.0', '2023-09-06T00:00:00Z'],
    ['AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01', '2024-10-27T00:00:00Z'],
    ['AKSUbuntu-1804gen2containerd-2022.12.15', '2022-12-15T00:00:00Z'],
    ['AKSWindows-2022-containerd-20348.5499.260812', '2026-08-12T00:00:00Z'],
  ])('%s: %s', (label, day) => expect(imagePublishedAt(label)).toBe(day));

  it.each(['ami-0123456789abcdef0', '', 'AKSUbuntu-2204gen2containerd-202313.06.0', 'AKSUbuntu-2204gen2containerd-202302.31.0'])('is not known of "%s"', (label) => expect(imagePublishedAt(label)).toBeUndefined());
});
