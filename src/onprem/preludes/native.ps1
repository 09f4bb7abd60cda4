# Native programs are judged by their exit code: under Stop their error stream alone would end the script.
function Invoke-Native {
  param([scriptblock]$Command)
  $ErrorActionPreference = 'Continue'
  $lines = & $Command 2>&1
  return @{ exitCode = $LASTEXITCODE; text = (@($lines | ForEach-Object { [string]$_ }) -join [Environment]::NewLine) }
}
