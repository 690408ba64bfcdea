/**
 * The feed has no field for the operating system, so what its prose says is typed in here: each
 * holds on Windows nodes only. Value: what on Windows it is about.
 */
export const windowsOnly: ReadonlyMap<string, string> = new Map([
  ['CVE-2018-1002101', 'arguments of a command that mounts SMB shares on Windows nodes'],
  ['CVE-2021-25749', 'Windows containers that run as ContainerAdministrator in spite of runAsNonRoot'],
  ['CVE-2023-3676', 'command injection into PowerShell by a pod on a Windows node'],
  ['CVE-2023-3893', 'the CSI proxy, which exists for Windows nodes only'],
  ['CVE-2023-3955', 'command injection into PowerShell by a pod on a Windows node'],
  ['CVE-2023-5528', 'the in-tree storage plug-in on Windows nodes'],
  ['CVE-2024-5321', 'permissions of container logs on Windows nodes'],
]);
