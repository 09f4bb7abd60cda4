# Why the share of the data files does not open: the answer's code and message. With logon-failures.
function Get-ShareProblem {
  param([System.ComponentModel.Win32Exception]$Failure)
  $problem = @{
    code    = 'ToolFailed'
    message = 'The share of the data files cannot be opened: ' + $Failure.Message
  }
  # No such name in the network, no way there, no answer.
  if (@(51, 53, 54, 59, 64, 121, 1203, 1222, 1231, 1232) -contains $Failure.NativeErrorCode) {
    $problem.code = 'Unreachable'
  }
  if (Test-LogonFailure -ErrorCode $Failure.NativeErrorCode) {
    $problem.code = 'AuthFailed'
  }
  return $problem
}
