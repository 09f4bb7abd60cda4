# Files from elsewhere: what came is held to a given hash and to the signatures that it carries.
function Save-Download {
  param([string]$Uri, [string]$Path)
  # Server 2012 R2 offers older protocols first, which the store of packages refuses.
  $protocols = [System.Net.ServicePointManager]::SecurityProtocol
  [System.Net.ServicePointManager]::SecurityProtocol = $protocols -bor [System.Net.SecurityProtocolType]::Tls12
  $ProgressPreference = 'SilentlyContinue'
  $download = @{
    Uri             = $Uri
    OutFile         = $Path
    UseBasicParsing = $true
    # It would tell the whole address, and the address may hold a key.
    Verbose         = $false
  }
  Invoke-WebRequest @download
}

function Get-SignatureStatus {
  param([string]$Path)
  return [string](Get-AuthenticodeSignature -LiteralPath $Path).Status
}
