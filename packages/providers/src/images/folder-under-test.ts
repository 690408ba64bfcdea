import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface FolderUnderTest extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
}

/** A folder that the images provider could be given; `advisories/` lies in it. */
export async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<FolderUnderTest> {
  const path = await mkdtemp(join(tmpdir(), 'nodeward-images-'));
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  };
  await mkdir(join(path, 'advisories'));
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return { path, write, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
}

export const wholeConfiguration = `name: my-fleet
advisoryDatabase: advisories
clusters:
  - name: prod
    kubernetesVersion: "1.26.3"
    pools:
      - name: userpool01
        image: AKSUbuntu-2204gen2containerd-202309.06.0
        newerImages:
          - name: AKSUbuntu-2204gen2containerd-202310.04.0
            path: images/202310.04.0.img
          - name: AKSUbuntu-2204gen2containerd-202310.09.0
            path: images/202310.09.0.txt
        nodes:
          - name: aks-userpool01-0
            path: node0.img
            kernel: 5.15.0-1041-azure
            kubelet: v1.26.3
          - name: aks-userpool01-1
            path: not-there.img
            image: AKSUbuntu-2204gen2containerd-202310.04.0
          - name: aks-userpool01-2
`;

/** The shape of a published node-image list, with facts of two packages. */
export const shortList = `Starting build on  Mon Oct 9 19:09:12 UTC 2023
=== Installed Packages Begin
Listing...
libnghttp2-14/jammy-updates,now 1.43.0-1build3 amd64 [installed]
linux-image-6.2.0-1014-azure/jammy-updates,now 6.2.0-1014.14~22.04.1 amd64 [installed]
=== Installed Packages End
=== os-release Begin
PRETTY_NAME="Ubuntu 22.04.3 LTS"
VERSION_ID="22.04"
VERSION_CODENAME=jammy
ID=ubuntu
=== os-release End
`;

export const wholeFolder = {
  'nodeward.yaml': wholeConfiguration,
  'node0.img': new Uint8Array(8192).fill(1),
  'images/202310.04.0.img': new Uint8Array(8192).fill(2),
  'images/202310.09.0.txt': shortList,
};
