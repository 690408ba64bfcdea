/**
 * Ubuntu's kernel lines. A line's sources differ by kernel version (`-6.2`, `-hwe-5.19`), by
 * feature (`-fips`, `-fde`, `-cvm`, `-edge`) and by packaging step (`linux-signed-`, `linux-meta-`).
 * Listed, since `linux-firmware`, `linux-base` and `linux-atm` are no kernels.
 */
const kernelLines = [
  'allwinner', 'aws', 'azure', 'bluefield', 'dell300x', 'gcp', 'gke', 'gkeop', 'ibm', 'intel', 'intel-iot-realtime', 'intel-iotg',
  'iot', 'joule', 'kvm', 'laptop', 'lowlatency', 'mtk', 'nvidia', 'oem', 'oracle', 'raspi', 'raspi-realtime', 'raspi2', 'realtime',
  'riscv', 'snapdragon', 'starfive', 'xilinx', 'xilinx-zynqmp',
];

/** Of the main line itself: `linux-hwe-6.2`, `linux-lts-xenial`, `linux-fips`. */
const mainLineVariants = ['hwe', 'lts', 'fips', 'edge'];

/** Longest first, so that `intel-iotg` is not taken for `intel`. */
const linePattern = new RegExp(`^linux-(${kernelLines.toSorted((a, b) => b.length - a.length).join('|')})(-[a-z0-9.-]+)?$`);
const mainLinePattern = new RegExp(`^linux(-(${mainLineVariants.join('|')})(-[a-z0-9.-]+)?|-\\d+\\.\\d+)?$`);

/**
 * Azure Linux's kernel sources: `kernel-signed-x86_64`, `kernel-hwe-signed-aarch64`, `kernel-headers`
 * (a source of its own that holds nothing else). Listed, since `kernel-srpm-macros` is no kernel, and
 * `kernel-uvm` runs in guests of the node only.
 */
const rpmKernelPattern = /^kernel(?:-(azure|hwe|lpg-innovate|mos|mshv|rt|64k))?(?:-(?:signed|uki|headers)(?:-\w+)?)*$/;

/** A line that follows other versions than the main one; the others are the main line, configured otherwise. */
const rpmKernelLines = new Set(['mshv']);

/** Packages that hold a bootable image; everything else of a kernel has a word behind it (`kernel-devel`, `kernel-hwe-tools`). */
const rpmKernelImage = /^kernel(?:-(?:azure|hwe|lpg-innovate|mos|mshv|rt|64k))?(?:-(?:core|uki))?$/;

/** `linux-signed-azure-6.2` and `linux-meta-azure-6.2` are `linux-azure-6.2`, as advisories call it; `kernel-signed-x86_64` is `kernel`. */
export function kernelSourceOf(source: string): string | undefined {
  if (source.startsWith('kernel')) {
    const found = rpmKernelPattern.exec(source);
    return found === null ? undefined : found[1] === undefined ? 'kernel' : `kernel-${found[1]}`;
  }
  if (!source.startsWith('linux')) return undefined;
  const plain = source.replace(/^linux-(signed|meta|unsigned)(?=-|$)/, 'linux');
  return mainLinePattern.test(plain) || linePattern.test(plain) ? plain : undefined;
}

/** design.md §2: a source package, except that all sources of one kernel line are one family. */
export function packageFamilyOf(source: string): string {
  const kernel = kernelSourceOf(source);
  if (kernel === undefined) return source;
  if (kernel.startsWith('kernel')) return rpmKernelLines.has(kernel.slice('kernel-'.length)) ? kernel : 'kernel';
  const line = linePattern.exec(kernel)?.[1];
  return line === undefined ? 'linux' : `linux-${line}`;
}

/**
 * `uname -r` of the kernel that a binary package holds; undefined for everything else: a meta
 * package names no version, headers, tools and modules run nowhere. Of an rpm it is the package's
 * own version without epoch, so undefined where that is not given.
 */
export function kernelReleaseOf(binary: string, version?: string): string | undefined {
  if (binary.startsWith('kernel')) return rpmKernelImage.test(binary) ? version?.replace(/^\d+:/, '') : undefined;
  if (!binary.startsWith('linux-image-') || /-dbg(sym)?$/.test(binary)) return undefined;
  return /^linux-image-(?:unsigned-)?(\d[\w.+~-]*)$/.exec(binary)?.[1];
}

/** Whether a binary package holds a kernel image of Azure Linux, whose versions are ordered by rpm. */
export function isRpmKernelImage(binary: string): boolean {
  return rpmKernelImage.test(binary);
}
