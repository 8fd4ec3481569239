"""Names that synthetic pupils are given, in four groups; general knowledge, no one's register."""

# Common names first: they are drawn with chances that fall with their place, as names do.
ENGLISH_BOYS = """Oliver George Harry Noah Jack Leo Oscar Charlie Muhammad Jacob Thomas Henry William Alfie Archie Joshua
    Freddie Theo Ethan James Joseph Alexander Arthur Edward Lucas Max Isaac Samuel Daniel Benjamin Logan Toby Finley
    Reuben Harrison Dylan Sebastian Zachary Tommy Jude Louie Elijah Ryan Kian Callum Rhys Ewan Nathan Jayden Tyler
    Owen Luke Matthew Adam Connor Cameron Stanley Frankie Ronnie Bobby Albie Reggie Hugo Felix Gabriel Rory Elliot"""
ENGLISH_GIRLS = """Olivia Amelia Isla Ava Emily Isabella Mia Poppy Ella Lily Sophia Evie Grace Sophie Jessica Freya Charlotte
    Florence Daisy Alice Phoebe Sienna Matilda Ruby Evelyn Harriet Millie Rosie Elsie Emma Chloe Eleanor Imogen Lola
    Holly Martha Esme Erin Maisie Eliza Lucy Thea Darcey Summer Heidi Rose Robyn Niamh Molly Georgia Bethany Abigail
    Hannah Megan Amber Lottie Tilly Zoe Caitlin Beatrice Edith Nancy Iris Penelope Zara Lexi Gracie Harper Willow"""
ENGLISH_LAST = """Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts
    Green Hall Wood Jackson Clarke Harrison Cooper Ward Turner Carter Hill Phillips Parker Morris Cook Bailey Shaw Lee
    Bell Baker Harris King Moore Allen Watson Mitchell Lewis Martin Murphy Kelly Simpson Marshall Collins Webb Rogers
    Gray Mills Ellis Barnes Fisher Knight Lloyd Butler Russell Harvey Pearson Dixon Hunt Palmer Holmes Chapman Reynolds"""
ASIAN_BOYS = """Mohammed Muhammad Mohammad Ali Ibrahim Yusuf Hamza Ahmed Hassan Omar Bilal Zain Ayaan Adam Isa Umar Hussain
    Abdullah Mustafa Zakariya Musa Aryan Arjun Rohan Dev Harpreet Gurpreet Manpreet Simran Jaspreet Arun Vikram Kabir"""
ASIAN_GIRLS = """Aisha Fatima Maryam Zainab Khadija Amina Hafsa Aaliyah Zara Safiya Sumaya Inaya Anaya Noor Iqra Sana Hira
    Ayesha Halima Priya Anjali Diya Riya Kavya Harleen Jasleen Simran Manpreet Navneet Amara Zoya Nabila Rukhsana"""
ASIAN_LAST = """Khan Hussain Patel Ahmed Ali Begum Singh Kaur Shah Akhtar Mahmood Iqbal Malik Rahman Miah Uddin Islam Sharma
    Mirza Chaudhry Rashid Hassan Bibi Aziz Raja Gill Sandhu Dhillon Desai Joshi Mehta Chowdhury Choudhury Sheikh Qureshi"""
OTHER_BOYS = """Jakub Szymon Kacper Mateusz Andrei Stefan Luca Matteo Kofi Kwame Emeka Chidi Tunde Oluwaseun Ayodele Yaw
    Wei Jun Minh Duc João José André Ángel Yiğit Emre Arda Mehmet Dmitri Nikola Marek Tomasz Filip Rafał Abdirahman"""
OTHER_GIRLS = """Zofia Zuzanna Maja Oliwia Ioana Andreea Giulia Chiara Adaeze Chiamaka Ngozi Temitope Oluwatobi Abena Esi
    Mei Xin Linh Thảo Inês Núria Zoë Chloé Elif Zeynep Defne Hodan Fadumo Ifrah Milena Anastasia Ewa Agnieszka Łucja"""
OTHER_LAST = """Nowak Kowalski Wiśniewski Wójcik Popescu Ionescu Dumitru Okafor Okonkwo Adeyemi Adebayo Mensah Owusu Boateng
    Nguyen Tran Chen Wang Li Zhang Silva Santos Ferreira García Fernández Núñez Yılmaz Demir Şahin Çelik Abdi Farah
    Warsame Hassan Ivanov Petrov Horvat Kovač Müller O'Brien O'Connor D'Souza Da_Silva Van_der_Berg El-Sayed N'Diaye"""
FRONT = "Hart Ash Brad Black Whit Thorn Stan Had Wal Lang Nor Wes Mar Hol Cran Ban Pem Rad Sel Win Ply Tre Pen Far Bur"
BACK = "ley ton ford well wood field worth by combe ham den man ridge more shaw wick bourne stead dale hurst"
GROUPS = {"common English": 0.58, "South Asian": 0.22, "double-barrelled": 0.07, "other": 0.13}
SHORT = {
    "William": "Will", "Thomas": "Tom", "Joshua": "Josh", "Samuel": "Sam", "Benjamin": "Ben", "Alexander": "Alex",
    "Charlotte": "Lottie", "Isabella": "Bella", "Abigail": "Abbie", "Matthew": "Matt", "Daniel": "Danny",
    "Jessica": "Jess", "Eleanor": "Ellie", "Joseph": "Joe", "Edward": "Ted", "Zachary": "Zac", "Jacob": "Jake",
    "Mohammed": "Muhammad", "Aisha": "Ayesha", "Muhammad": "Mohamed", "Yusuf": "Yousuf", "Hussain": "Hussein",
}  # fmt: skip
