# The step's answer, filled in on the way. The launcher reads `changed` of it where the step throws.
$answer = [ordered]@{
  ok      = $false
  changed = $false
  code    = ''
  facts   = @{}
  message = ''
}
# What a look answers that finds the step not done.
$notDone = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
