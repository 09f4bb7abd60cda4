# The reference shows texts, the class behind it has two properties.
function ConvertTo-RangeText {
  param([object]$Range)
  if ($Range.PSObject.Properties['StartIPAddress']) {
    return '{0} - {1}' -f $Range.StartIPAddress, $Range.EndIPAddress
  }
  return [string]$Range
}
