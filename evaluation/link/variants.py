"""Forenames that are often written for one another: short forms, and spellings of one name in Latin letters.

The common form comes first. A boy's and a girl's form of one name stand apart, since twins may bear them; a short form
of both stands with the commoner. Compiled for this project from general knowledge.
"""

_GROUPS = """
alexander alex alec sandy alexandre alessandro aleksander xander
alexandra lexi aleksandra
abigail abi abby abbie
amelia millie milly amelie emilia
andrew andy drew andre andreas andrzej
anthony tony antony
anna ann anne annie ania
archibald archie archi
arthur art artie
benjamin ben benji benny
charles charlie chas charley
charlotte lottie
christopher chris kris krzysztof topher
christina christine
catherine kate katie cathy kathryn katherine katharine kathy katy cat kit kasia katarzyna
daniel dan danny dani
david dave davey davy dawid
dominic dom dominik
edward ed eddie ted teddy ned eddy
eleanor ellie nell eleanore elinor
elizabeth liz lizzie beth betty eliza elisabeth libby betsy
emily em emmie
evelyn evie
florence flo florrie flossie
francesca fran frances chesca
francis frankie frank
frederick fred freddie freddy frederic
gabriel gabe
gabriella gabby gabrielle gabi
george georgie georges
georgia georgina
grace gracie
harold harry henry hal
hannah hanna hana
harriet hattie harriett
isabel izzy bella isabella isabelle issy ysabel
isaac zac isaak
jacob jake jakob jakub
james jim jimmy jamie jem
jennifer jen jenny jenni jennie
jessica jess jessie
john jack johnny jon jonathan johnathan jonny
sean shaun shawn
joseph joe joey jozef josef
yusuf yousuf yusef yousef youssef yousaf yusaf
joshua josh
katrina trina
kenneth ken kenny
lawrence laurie larry laurence
leonard leo len lenny leon leonardo
lillian lily lilly lillie lilian
louis lewis lou louie luis
louise lulu
lucas luke luca lukas
madeleine maddie maddy madeline
margaret maggie meg peggy
martha marta
matthew matt matty mateusz mathew
maximilian max maxwell maxim
michael mike mick mikey mickey michal micheal
mohammed muhammad mohammad mohamed muhammed mohamad muhamad mohd mohammod mahomed md
nathaniel nate nathanial nat nathan
nicholas nick nicky nico nicolas nikolas
oliver ollie olly olivier
olivia liv livvy
oscar oskar
patrick pat paddy
patricia trish
peter pete piotr
philip phil phillip pip
pauline paula
rebecca becky becca bex rebekah
richard rich dick ricky rick
robert rob bob bobby robbie bert
ronald ron ronnie
rosemary rose rosie
samuel sam sammy
sarah sara
sophia sophie sofia zofia sophy
stephen steve steven stephan stefan stevie
susan sue susie suzie suzanne
theodore theo
theresa tess tessa terry teresa
thomas tom tommy tomasz
timothy tim timmy
tobias toby
victoria vicky vikki tori vicki
vincent vince vinny
william will bill billy liam willie
zachary zach zak zack zakary zachariah zakariya zakaria zakariyya
ahmed ahmad ahmet achmed
aisha aysha ayesha aishah aicha aaisha
aaliyah aliyah alia aliya
abdullah abdulla abdalla
abdurrahman abdulrahman abdirahman abdur
ali aly
amina aminah aamina aminata
anaya anaaya
aryan arian
ayaan ayan aayan
bilal bilaal belal
eesa isa essa issa
fatima fatimah fatema fathima fatma fatimata
hamza hamzah
hassan hasan
hussain hussein husain hossain hosain husayn
ibrahim ebrahim ibraheem
ismail ismael ismaeel
khadija khadijah kadija khadeeja
layla leila laila leyla layla
maryam mariam miriam marya
mustafa mustapha
nadia nadiya nadja
omar umar omer umer
safiya safiyyah safia saffiyah
sulaiman suleiman sulayman
usman osman uthman ousman
yahya yahia
yasmin jasmine yasmeen jasmin yazmin yasmine
zainab zaynab zeinab zaineb
zara zahra zahrah zarah
"""

VARIANTS = {name: group.split()[0] for group in _GROUPS.splitlines() for name in group.split()}
"""A forename in plain letters to the common form it is compared by."""
