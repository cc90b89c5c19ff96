/** The PowerShell that reports once a second how long ago the last input was. */

const SCRIPT = `
$ErrorActionPreference = 'Stop'
Add-Type @'
using System;
using System.Runtime.InteropServices;
public static class GalapagosInput {
  [StructLayout(LayoutKind.Sequential)] struct Last { public uint size; public uint time; }
  [DllImport("user32.dll")] static extern bool GetLastInputInfo(ref Last last);
  public static long IdleMs() {
    Last last = new Last();
    last.size = (uint)Marshal.SizeOf(last);
    if (!GetLastInputInfo(ref last)) return -1;
    return (long)unchecked((uint)Environment.TickCount - last.time);
  }
}
'@
$service = [System.Diagnostics.Process]::GetCurrentProcess().SessionId -eq 0
while ($true) {
  $ms = if ($service) { -1 } else { [GalapagosInput]::IdleMs() }
  if ($ms -lt 0) { [Console]::Out.WriteLine('{"service":true}') }
  else { [Console]::Out.WriteLine('{"idleMs":' + $ms + '}') }
  [Console]::Out.Flush()
  Start-Sleep -Seconds 1
}
`;

/** The script is encoded: quotes do not survive the command line of Windows. */
export const POWERSHELL_ARGS: readonly string[] = [
  '-NoLogo',
  '-NoProfile',
  '-NonInteractive',
  '-EncodedCommand',
  Buffer.from(SCRIPT, 'utf16le').toString('base64'),
];
