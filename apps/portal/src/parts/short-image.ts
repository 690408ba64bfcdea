/** `AKSUbuntu-2204gen2containerd-202309.06.0` → `202309.06.0`, for places where the whole name stands beside or on hover. */
export function shortImage(name: string): string {
  const [, windows] = /-(\d{5}\.\d+\.\d{6})$/.exec(name) ?? [];
  return windows ?? /-(\d{6}\.\d{1,2}\.\d+(?:-\d{4}\.\d{2}\.\d{2})?)$/.exec(name)?.[1] ?? name;
}
