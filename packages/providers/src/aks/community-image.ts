import { parseNodeImageLabel } from '@nodeward/engine';

/** Galleries from which anybody may make a disk, by the first word of a node image label. FIPS images are in none of them. */
const galleries: Readonly<Record<string, string>> = {
  AKSUbuntu: 'AKSUbuntu-38d80f77-467a-481f-a8d4-09b6d4220bd2',
  AKSAzureLinux: 'AKSAzureLinux-f7c7cda5-1c9a-4bdc-a222-9614c968580b',
};

/** Undefined where no community gallery carries the image. */
export function communityImageOf(label: string): string | undefined {
  const parts = parseNodeImageLabel(label);
  const gallery = parts === undefined ? undefined : galleries[parts.system];
  if (parts === undefined || gallery === undefined || /fips/i.test(parts.sku)) return undefined;
  return `/CommunityGalleries/${gallery}/Images/${parts.sku}/Versions/${parts.version}`;
}
