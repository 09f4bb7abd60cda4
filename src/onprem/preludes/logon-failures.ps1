# By the low half of the Windows error: wrong password, expired, locked out and their kin. They are never tried again.
function Test-LogonFailure {
  param([int]$ErrorCode)
  $logonErrors = @(5, 86, 780, 1326, 1327, 1330, 1331, 1907, 1909)
  return ($logonErrors -contains ($ErrorCode -band 65535))
}
