"""Words that are also names: alone they tell of nobody. Ordinary English words, months, and places in England."""

_WORDS = """
abbey abbot able acre ale alma amber angel anger apple apricot april arch archer ark arrow ash aspen aster august
aurora autumn avenue axe bacon baker ball band bank banks bar bard barker barley barn baron barrow base basil bass bay
beach beacon beadle bean bear beaver beck bee beech bell belle bench bent berry best birch bird bishop black blade
bliss block bloom blossom blue blunt boar bond bone bones book booth born boss bow bower bowl bowler box boy brand
brass bray bread breeze brewer briar brick bride bridge bridges bright brisk broad brook brooks broom brow brown buck
bull bunting burden burn burns burrow bury bush butcher butler butter butterfly byte cable calf call camp candle
cannon canon cape car card care carpenter carrier cart carter carver case cash castle catch cave chance chandler
chapel chaplain charity charm chase cherry chess child church clark clay cliff clove clover coach cobb cobble cock
coin cole collar collier comb comfort common cook cool cooper coral core cork corn corner cotton count court cove
coward crane cream creed creek crisp crook cross crow crown crystal cub cupid curry custom dale dance danger dark dart
dash dawn day deacon dean dear december dell diamond dove down draper drew drum duck duke dusk dyer eagle earl early
earth east easter ebony echo eden elder elm ember end england english even ever every fair fairy faith falcon fall
farm farmer farrow fawn fay february fen fern ferry field fields finch fine fir fish fisher fleet fletcher flint flood
flora flower fog ford forest forester fort forth foster fountain fowler fox frank freedom french friday frost fuller
furlong gale garden gardener garland garner garnet gate gates gem gentle gift ginger glass glen glover gold golden
good grace grain grand grange grant grass grave graves gray great green grey grove guy hack haddock hail hale hall ham
hand handy harbour hardy hare harmony harp hart harvest haven hawk hawthorn hay hazel head heart heath heather heaven
hedge hedges herd heritage hill hills hind hive holder hollow holly holm home honey honour hood hook hop hope hopper
horn horse hound house howl hunt hunter hurst husband ice inch ink iris iron island ivory ivy jack jade january jar
jasmine jasper jay jet jewel joiner jolly joy jubilee judge june juniper just justice keel keen keep kettle key kind
king kings kirk kite knight knot lace lad lake lamb lance land lane lark last laurel law lawn lay leaf leek legend
lemon level liberty light lily lime linen link lion list little lock lodge long lord love lovely low luck lucky lyric
maiden main major manor maple march marigold marina mark marks marsh marshal mason master masters may mead meadow
meadows melody mercy merit merry mild mile miles mill miller mills mint mist model monday moon moor moors moral
morning moss moth mount mountain mouse music myrtle nail neat new night nightingale noble noon north nova november
nutter oak oaks ocean october olive onion opal orchard orchid organ osprey otter owl page paint painter palm palmer
pansy parish park parker parks parrot parson parsons partridge pass past paths patience peace peach peacock pearl
pease peel pen penny peony pepper perk petal phoenix pike pine pink piper place plant plum pole pond pool poole poor
pope poplar poppy porter post posy potter power precious price pride priest primrose prince prior prise prosper proud
prudence purple quail quarry queen quick quill rabbit rain rainbow ram raven ray read reader reading red reed reef
reeve regal rex rice rich riches ridge right ring rise rising river rivers road robin rock rocket rod roe rook rose
rosemary rough round rowan rower royal ruby rule rush rust saddler safe saffron sage sailor saint sale salmon salt
sand sanders sands saturday savage sawyer scarlet school score sea seal seasons senior september serene serenity
sergeant setter sexton shade shadow sharp sharpe shaw sheep shell shepherd shield shine ship shire shore short silk
silver singer skinner sky slate slater small smart smith snow sorrel south sparks sparrow spear spring springer squire
squires star starling steel steward still stock stocks stone stones storm stout strand stream street strong style
sugar summer summers sun sunday sunny swallow swan sweet swift sword tailor tanner tasker teal tempest temple tennant
thatcher thistle thorn thorne thrush thursday tide tiger tiller timber toll tower towers towns tree trick trinity
trout true truth tucker tuesday turner usher vale valentine valley vane venture verity vicar victor victory vine viola
violet virtue wade wager wake walk walker wall waller walls ward warden ware warren waste water waters way weather
weaver wednesday well wells west whale wheat wheeler whistle white whole wick wild wilde will willow wills win wind
winder window wing winner winter winters wise wolf wonder wood woodland woods wool worth wren wright yard year yeoman
young zephyr
"""
_PLACES = """
ashford barking barnet barnsley barrow bath bedford berwick birmingham blackburn blackpool bolton boston bournemouth bracknell bradford
brent brentford brighton bristol bromley bromsgrove bradley buckingham burnley burton bury calder cambridge camden canterbury carlisle
chelsea cheltenham cheshire chester chesterfield clifton colchester cornwall coventry crawley crewe croydon cumbria darlington derby
devon doncaster dorset dover dudley durham ealing eastbourne eaton enfield england essex exeter fulham gateshead gloucester grantham
greenwich grimsby guildford hackney halifax halton hamilton hampshire haringey harlow harrow hartlepool hastings havering hereford
hertford hillingdon holland hounslow huddersfield hull ireland islington kendal kensington kent kettering kingston kirklees lancaster
leeds leicester lewes lewisham lichfield lincoln liverpool london lowestoft luton maidstone manchester mansfield medway merton
middlesbrough milton morley newark newcastle newham newport norfolk northampton norwich nottingham nuneaton oldham oxford paris
penzance peterborough plymouth poole portsmouth preston ramsgate redbridge redcar richmond ripon rochdale rochester rotherham rugby
runcorn rutland salford salisbury sandwell scarborough scotland sefton selby sheffield shrewsbury skipton slough solihull somerset
southampton southend southport southwark stafford stanley stockport stockton stoke stratford sunderland surrey sussex sutton swindon
tameside taunton telford thanet thurrock torbay trafford truro tyne wakefield wales walsall waltham wandsworth warrington warwick
washington wellington westminster weston weymouth whitby whitehaven wigan wiltshire winchester windsor wirral wokingham wolverhampton
worcester workington worthing york yorkshire britain europe america africa india china france germany spain jordan israel georgia
virginia carolina florence sydney brooklyn austin dallas denver houston madison orlando phoenix savannah chelsea
"""
ORDINARY = frozenset(f"{_WORDS} {_PLACES}".split())
