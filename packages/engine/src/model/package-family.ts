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

/** `linux-signed-azure-6.2` and `linux-meta-azure-6.2` are `linux-azure-6.2`, as advisories call it. */
export function kernelSourceOf(source: string): string | undefined {
  if (!source.startsWith('linux')) return undefined;
  const plain = source.replace(/^linux-(signed|meta|unsigned)(?=-|$)/, 'linux');
  return mainLinePattern.test(plain) || linePattern.test(plain) ? plain : undefined;
}

/** design.md §2: a source package, except that all sources of one kernel line are one family. */
export function packageFamilyOf(source: string): string {
  const kernel = kernelSourceOf(source);
  if (kernel === undefined) return source;
  const line = linePattern.exec(kernel)?.[1];
  return line === undefined ? 'linux' : `linux-${line}`;
}

/**
 * `uname -r` of the kernel that a binary package holds; undefined for everything else: a meta
 * package names no version, headers, tools and modules run nowhere.
 */
export function kernelReleaseOf(binary: string): string | undefined {
  if (!binary.startsWith('linux-image-') || /-dbg(sym)?$/.test(binary)) return undefined;
  return /^linux-image-(?:unsigned-)?(\d[\w.+~-]*)$/.exec(binary)?.[1];
}
