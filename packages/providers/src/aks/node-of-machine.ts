import type { DiscoveredNode } from '../provider.ts';
import type { VirtualMachine } from './resources.ts';

/** What evidence needs of a machine and `DiscoveredNode` has no place for. */
export interface Machine {
  readonly node: DiscoveredNode;
  /** The pool's image when Compute described the machine; absent where only AKS's own list names it. */
  readonly describedUnder?: string;
  readonly osDisk:
    | { readonly kind: 'ephemeral' }
    | { readonly kind: 'managed'; readonly id: string; readonly confidential: boolean }
    /** Compute may not be asked, or it answers and names no disk of this machine. */
    | { readonly kind: 'unknown'; readonly because: 'access-denied' | 'not-named' };
}

/** `fallbackImage`: the pool's, where the machine does not name its own. */
export function machineOf(vm: VirtualMachine, fallbackImage: string): Machine {
  const { properties } = vm;
  const { osDisk, imageReference } = properties.storageProfile ?? {};
  const image = imageOf(imageReference?.id ?? imageReference?.communityGalleryImageId ?? undefined, fallbackImage);
  const operatingSystem = systemOf(osDisk?.osType);
  const osImage = [properties.instanceView?.osName, properties.instanceView?.osVersion].filter(Boolean).join(' ');
  return {
    describedUnder: fallbackImage,
    node: {
      name: (properties.osProfile?.computerName ?? properties.instanceView?.computerName ?? vm.name).toLowerCase(),
      image,
      providerId: `azure://${vm.id}`,
      evidenceToken: [properties.vmId ?? vm.id.toLowerCase(), image, osDisk?.managedDisk?.id ?? '', properties.timeCreated ?? ''].join(' '),
      ...(operatingSystem === undefined ? {} : { operatingSystem }),
      ...(osImage === '' ? {} : { osImage }),
    },
    osDisk: diskOf(osDisk),
  };
}

type OsDisk = NonNullable<NonNullable<VirtualMachine['properties']['storageProfile']>['osDisk']>;

function diskOf(osDisk: OsDisk | null | undefined): Machine['osDisk'] {
  if (osDisk?.diffDiskSettings?.option === 'Local') return { kind: 'ephemeral' };
  const id = osDisk?.managedDisk?.id ?? undefined;
  // With `DiskWithVMGuestState` the disk itself is ciphertext; with `VMGuestStateOnly` it is not.
  return id === undefined ? { kind: 'unknown', because: 'not-named' } : { kind: 'managed', id, confidential: osDisk?.managedDisk?.securityProfile?.securityEncryptionType === 'DiskWithVMGuestState' };
}

export function systemOf(osType: string | null | undefined): 'linux' | 'windows' | undefined {
  const name = osType?.toLowerCase();
  return name === 'linux' || name === 'windows' ? name : undefined;
}

/**
 * …/galleries/AKSUbuntu/images/2204gen2containerd/versions/202608.20.0 is the node image label AKSUbuntu-2204gen2containerd-202608.20.0;
 * community galleries have a unique suffix. A pool's label with a security patch appended speaks of the same image and says more.
 */
function imageOf(reference: string | undefined, poolImage: string): string {
  const match = /\/(?:community)?galleries\/([^/]+)\/images\/([^/]+)\/versions\/([^/]+)$/i.exec(reference ?? '');
  const [, gallery, definition, version] = match ?? [];
  // The label of a Windows image is not made of these parts.
  if (gallery === undefined || definition === undefined || version === undefined || /windows/i.test(gallery)) return poolImage;
  const image = `${gallery.replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, '')}-${definition}-${version}`;
  return poolImage === image || poolImage.startsWith(`${image}-`) ? poolImage : image;
}
