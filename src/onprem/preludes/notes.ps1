# What undo needs to know, noted where only administrators write, before apply changes anything.
$notesKey = 'HKLM:\SOFTWARE\Gatehouse\Steps'

function Get-Note {
  param([string]$Name)
  if (-not (Test-Path -LiteralPath $notesKey)) {
    return $null
  }
  $text = (Get-Item -LiteralPath $notesKey).GetValue($Name)
  if ($null -eq $text) {
    return $null
  }
  return (ConvertFrom-Json -InputObject $text)
}

function Set-Note {
  param([string]$Name, [hashtable]$Note)
  if (-not (Test-Path -LiteralPath $notesKey)) {
    $create = @{
      Path  = $notesKey
      Force = $true
    }
    $null = New-Item @create
  }
  $text = @{
    InputObject = $Note
    Depth       = 4
    Compress    = $true
  }
  $write = @{
    LiteralPath = $notesKey
    Name        = $Name
    Value       = (ConvertTo-Json @text)
  }
  Set-ItemProperty @write
}

function Remove-Note {
  param([string]$Name)
  $forget = @{
    LiteralPath = $notesKey
    Name        = $Name
  }
  Remove-ItemProperty @forget
}
