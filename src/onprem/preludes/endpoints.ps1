# Whether names resolve from here, and why a port does not open.
function Test-NameResolution {
  param([string]$Name)
  try {
    return (@([System.Net.Dns]::GetHostAddresses($Name)).Count -gt 0)
  } catch {
    return $false
  }
}

# A closed port on a machine that answers a ping is a firewall's or a service's matter; without an answer it is the way
# there.
function Get-ConnectionIssue {
  param([string]$Name)
  $ping = @{
    ComputerName = $Name
    Count        = 1
    Quiet        = $true
  }
  if (Test-Connection @ping) {
    return 'portClosed'
  }
  return 'noRoute'
}
