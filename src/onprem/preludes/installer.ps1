# Windows Installer: what is installed, whether it is at work, and what it asks for. 1618: another installation is
# running; 1605: not installed any more; 1641, 3010: the machine has to start again.
function Invoke-Msiexec {
  param([string[]]$Arguments)
  $run = @{
    FilePath     = 'msiexec.exe'
    ArgumentList = $Arguments
    Wait         = $true
    PassThru     = $true
  }
  return (Start-Process @run).ExitCode
}

# It holds this mutex while it installs: what would end as 1618 is seen before anything is started.
function Test-InstallerBusy {
  $mutex = $null
  $isOpen = [System.Threading.Mutex]::TryOpenExisting('Global\_MSIExecute', [ref]$mutex)
  if ($isOpen) {
    $mutex.Dispose()
  }
  return $isOpen
}

function Get-PendingRename {
  $session = Get-Item -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
  return @($session.GetValue('PendingFileRenameOperations') | Where-Object { $null -ne $_ }).Count
}
