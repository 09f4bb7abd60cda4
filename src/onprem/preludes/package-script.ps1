# Runs one of the package's own scripts in a process of its own: it brings its own error handling, its own strictness
# and perhaps an exit. PowerShell ends such a process with 0 although errors were written, so the error stream counts
# besides the exit code.
function Invoke-PackageScript {
  param([string]$Path, [string[]]$Arguments)
  $ErrorActionPreference = 'Continue'
  $words = @('-NoProfile', '-NonInteractive', '-InputFormat', 'None', '-OutputFormat', 'Text', '-ExecutionPolicy', 'Bypass', '-File', $Path)
  $words += @($Arguments | Where-Object { $null -ne $_ })
  Push-Location -LiteralPath (Split-Path -Path $Path)
  try {
    $records = @(& 'powershell.exe' @words 2>&1)
    $exitCode = $LASTEXITCODE
  } finally {
    Pop-Location
  }
  $wrong = @($records | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
  $said = Hide-Password -Text (@($records | ForEach-Object { [string]$_ }) -join "`n")
  $errors = (Hide-Password -Text (@($wrong | ForEach-Object { [string]$_ }) -join "`n")).Trim()
  $lines = @($said -split "`n")
  foreach ($line in $lines) {
    Write-Verbose $line
  }
  $text = @($lines | Select-Object -Last 5) -join ' '
  # The first error tells most: those after it tend to follow from it.
  $remark = $text
  if ($errors) {
    $remark = $errors -replace '\s+', ' '
  }
  return @{
    exitCode  = $exitCode
    hasErrors = ($errors -ne '')
    text      = $text
    remark    = $remark.Substring(0, [Math]::Min(400, $remark.Length))
  }
}

# An error text may repeat a connection string, and that somebody's password. The lines are still one text: PowerShell
# breaks them anywhere.
function Hide-Password {
  param([string]$Text)
  $named = '(?i)\b(password|pwd|passphrase|secret|token|accountkey|sharedkey)(\s*[=:]\s*)'
  return [regex]::Replace($Text, $named + '("[^"]*"|''[^'']*''|[^;"'']+)', '$1$2***')
}
