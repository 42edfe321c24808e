#!/bin/sh
# Lending models with the tool: muster share, model list --shared, --vendor.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh
. tests/it/tool.sh


start_vendors acme umbrella
as acme model create thermo
as acme sn add thermo 0001 0002 0003 --extra secret
as acme device enable thermo 0003
ends 'with a model and serial numbers' 0

# ---- the lender ----------------------------------------------------------------------

as acme share list thermo
is 'at first it is shared with nobody' "$code $out" '0 shared with no other vendor'
as umbrella model list --shared
is 'and nobody shares with the other' "$code $out" '0 no other vendor shares a model with this one'
as umbrella sn list thermo --vendor acme
says 'who has no share' 1 'does not share this model'
as acme share add thermo nosuch
says 'a vendor that is not there' 1 'nosuch: 404: there is no such vendor on this server'
as acme share add nosuch umbrella
says 'a model that is not there' 1 'no such model'
as acme share add thermo acme
says 'oneself' 1 'not shared with the vendor that has it'
as acme share add thermo ''
says 'nobody' 1 'name another vendor'
as acme share add thermo umbrella
is 'shared' "$code $out" '0 umbrella: may use it'
as acme share add thermo umbrella
ends 'and again' 0
as acme share list thermo --json
is 'it is listed' "$out" '[{"vendor":"umbrella"}]'

# ---- the borrower --------------------------------------------------------------------

as umbrella model list --shared --json
is 'the borrower sees what is shared' "$out" '[{"vendor":"acme","model":"thermo"}]'
as umbrella device enable thermo 0001 --vendor acme --json
ends 'it enables' 0
rid=$(member rid)
like 'for an owner of its own' "$rid" '^[0-9a-f]{40}$'
as umbrella device enable thermo 0001 --vendor acme
says 'once: it is told what it has' 1 "it has a device already: RID $rid"
as umbrella why thermo 0002 --vendor acme
like 'of what it did not enable it is told how it can' "$out" 'enable it with an owner, or ask the vendor'
as umbrella device reenable thermo 0002 --vendor acme
says 'and that is not there for it' 1 'thermo 0002: 404'
as umbrella sn list thermo --vendor acme --json
is 'it lists what it enabled, without the text' "$out" \
    "[{\"sn\":\"0001\",\"status\":\"notactivated\",\"rid\":\"$rid\",\"extra\":\"\"}]"
as umbrella sn status thermo 0001 --vendor acme
like 'it sees where it stands' "$out" 'notactivated'
as umbrella sn status thermo 0003 --vendor acme
says 'not that of others' 1 'no such serial number of this model'
as umbrella sn log thermo 0001 --vendor acme
is 'and the log' "$code $out" '0 never activated'
as umbrella activate thermo 0001 --vendor acme --json
ends 'the device calls in with the name of the model'\''s vendor' 0
as umbrella device reenable thermo 0001 --vendor acme
ends 're-enabling' 0
as umbrella device remap thermo 0001 0002 --vendor acme
ends 'swapping' 0
as umbrella device disable thermo 0002 --vendor acme
ends 'disabling' 0
as umbrella sn export thermo --vendor acme --status
like 'an export holds them alone' "$out" '^0002,expired,[0-9a-f]{40},.?$'
as umbrella sn list thermo --vendor 'a
b'
says 'a name that is none' 2 "a vendor's name is 1 to 64"
as umbrella sn add thermo 0009 --vendor acme
says 'adding is not for borrowers' 2 'unknown option --vendor'

# ---- the lender again ----------------------------------------------------------------

as acme sn list thermo --shared umbrella --json
is 'the lender sees what the borrower enabled' "$out" \
    "[{\"sn\":\"0002\",\"status\":\"expired\",\"rid\":\"$rid\",\"extra\":\"secret\"}]"
as acme share remove thermo umbrella
is 'taken back' "$code $out" '0 umbrella: may not use it any more'
as acme share remove thermo umbrella
says 'twice' 1 'not shared with that vendor'
as umbrella sn status thermo 0002 --vendor acme
says 'the borrower is out' 1 "model list --shared"
as acme device reenable thermo 0002
ends 'the lender may do all' 0
done_testing
