# Data sets of R's packages, and models fitted to them with lme4, lmerTest, pbkrtest and clubSandwich.
# Usage: Rscript packages.R CASES.json FOLDER   -> FOLDER/<data set>.csv and FOLDER/answers.json
# A case has data, formula, reml, kenward_roger (false: pbkrtest cannot hold it), joint (fixed terms tested together),
# and perhaps cluster (a column for CR2), weights and offset (columns); what it lacks is null.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(clubSandwich); library(mlmRev)
                  library(jsonlite)})
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "least.R"))

labelled <- function(letter, codes) paste0(letter, as.character(codes))
plain <- function(d) {  # levels as text, so that every program puts them in the alphabet's order
  is_factor <- sapply(d, is.factor); d[is_factor] <- lapply(d[is_factor], as.character); d
}
growth <- with(egsingle, data.frame(school = labelled("s", schoolid), child = labelled("c", childid), year, math,
                                    sex = female, poor = lowinc / 100))
chemistry <- with(Chem97, data.frame(lea = labelled("l", lea), school = labelled("s", school), score, gender, age,
                                     gcse = gcsecnt))
scotland <- with(ScotsSec, data.frame(primary = labelled("p", primary), second = labelled("s", second), attain, verbal, sex))
sleep <- with(sleepstudy, data.frame(subject = labelled("i", Subject), day = Days, reaction = Reaction,
                                     precision = 1 / (1 + Days), expected = 250 + 5 * Days))
awards <- with(subset(AchievementAwardsRCT, school_type == "Secular"), data.frame(
  school = labelled("s", school_id), pair = labelled("p", pair), treated, late = as.integer(as.character(year) >= "2001"),
  passed = Bagrut_status, lagscore))
awards <- awards[seq(1, nrow(awards), 6), ]
awards <- transform(awards, one_pair = as.integer(pair == "p9"), row = seq_along(pair))
awards <- transform(awards, first = 0.7 * (row == 1), second = 1.3 * (row == 2), third = 0.37 * (row == 3),
                    pair_or_row = ifelse(row <= 3, labelled("r", row), pair))
language <- with(bdf, data.frame(school = labelled("s", schoolNR), score = langPOST, iq = IQ.ver.cen, ses,
                                 sex = labelled("x", sex), iq_school = as.numeric(avg.IQ.ver.cen)))
paper <- function(name) with(Gcsemv, data.frame(school, student, gender, part = name, score = Gcsemv[[name]]))
fruits <- with(Arabidopsis, data.frame(region = reg, population = popu, genotype = labelled("g", gen), nutrient, amd,
                                       fruits = log(1 + total.fruits)))
deaths <- with(subset(MortalityRates, cause == "Motor Vehicle"), data.frame(
  state = labelled("s", state), legal, beer = beertaxa, rate = mrate, people = pop / 1e5, expected = 40 + 10 * legal))
SETS <- lapply(FUN = plain, list(
  growth = growth, growth_few = subset(growth, school %in% unique(school)[1:10]),
  chemistry = chemistry,
  chemistry_few = subset(chemistry, lea %in% labelled("l", seq(5, 131, 9)) & as.integer(factor(school)) %% 4 == 0),
  chemistry_some = subset(chemistry, lea %in% labelled("l", seq(5, 131, 18))),
  scotland = scotland, scotland_few = subset(scotland, second %in% labelled("s", seq(1, 19, 3))),
  sleep = sleep, awards = awards, language = language,
  papers = na.omit(rbind(paper("written"), paper("course"))), fruits = fruits, deaths = na.omit(deaths),
  dyestuff = Dyestuff2, pastes = Pastes, oats = as.data.frame(nlme::Oats), machines = as.data.frame(nlme::Machines),
  early = transform(Early, since = age - 0.5)))

with_lmer <- function(case, data) {
  m <- least_fit(case$formula, data, case$reml, case$weights, case$offset)
  found <- coef(summary(m, ddf = "Satterthwaite")); vc <- as.data.frame(VarCorr(m))
  effects <- as.data.frame(ranef(m, condVar = TRUE))
  o <- list(n = nobs(m), terms = I(names(fixef(m))), beta = I(unname(fixef(m))), se = I(unname(found[, "Std. Error"])),
    satterthwaite_df = I(unname(found[, "df"])), criterion = criterion(m), aic = AIC(m), bic = BIC(m),
    log_likelihood = as.numeric(logLik(m)),
    variances = data.frame(group = vc$grp, term_1 = vc$var1, term_2 = vc$var2, variance = vc$vcov),
    effects = data.frame(group = as.character(effects$grpvar), term = as.character(effects$term),
                         level = as.character(effects$grp), estimate = effects$condval, sd = effects$condsd))
  if (length(case$joint)) {
    rows <- diag(length(fixef(m)))[match(case$joint, names(fixef(m))), , drop = FALSE]
    o$satterthwaite_joint <- unname(as.list(contestMD(m, rows)[c("F value", "NumDF", "DenDF", "Pr(>F)")]))
  }
  if (case$kenward_roger) o <- c(o, kenward_roger(if (is.null(case$weights)) m else whitened(m), names(fixef(m)), case$joint))
  if (!is.null(case$cluster)) o <- c(o, cr2(m, data[[case$cluster]], names(fixef(m)), case$joint))
  o
}
# pbkrtest takes no heed of weights. Each row times the root of its weight is the same model without them.
whitened <- function(m) {
  root <- sqrt(weights(m))
  data <- list(y = root * (getME(m, "y") - getME(m, "offset")), X = root * getME(m, "X"))
  parts <- getME(m, "mmList"); groups <- sub("^.*\\| *", "", names(parts))
  for (i in seq_along(parts)) data[[paste0("Z", i)]] <- root * parts[[i]]
  terms <- paste0("(0 + Z", seq_along(parts), " | ", groups, ")", collapse = " + ")
  suppressMessages(lmer(as.formula(paste("y ~ 0 + X +", terms)), c(data, getME(m, "flist")), control = QUIET,
                        start = unname(getME(m, "theta"))))
}
kenward_roger <- function(m, terms, joint) {
  plain <- vcov(m); adjusted <- vcovAdj(m); k <- length(terms)
  o <- list(kr_se = I(unname(sqrt(diag(as.matrix(adjusted))))),
            kr_df = I(sapply(seq_len(k), function(i) Lb_ddf(as.numeric(seq_len(k) == i), plain, adjusted))))
  if (length(joint)) {
    test <- KRmodcomp(m, diag(k)[match(joint, terms), , drop = FALSE])$stats
    o$kr_joint <- unname(test[c("Fstat", "ndf", "ddf", "p.value")])
  }
  o
}
cr2 <- function(m, cluster, terms, joint) {
  v <- vcovCR(m, cluster = factor(cluster), type = "CR2"); found <- coef_test(m, vcov = v, test = "Satterthwaite")
  o <- list(cr2_se = I(found$SE), cr2_df = I(found$df))
  if (length(joint)) {
    test <- as.list(Wald_test(m, constraints = constrain_zero(match(joint, terms)), vcov = v, test = "HTZ"))
    o$cr2_joint <- unname(test[c("Fstat", "df_num", "df_denom", "p_val")])
  }
  o
}
with_lm <- function(case, data) {
  m <- lm(as.formula(case$formula), data); found <- coef(summary(m))
  shrink <- if (case$reml) 1 else sqrt(m$df.residual / nobs(m))
  o <- list(n = nobs(m), terms = I(rownames(found)), beta = I(unname(coef(m))), se = I(shrink * unname(found[, "Std. Error"])),
            aic = AIC(m), bic = BIC(m), log_likelihood = as.numeric(logLik(m)))
  if (!is.null(case$cluster)) o <- c(o, cr2(m, data[[case$cluster]], names(coef(m)), case$joint))
  o
}

arguments <- commandArgs(TRUE)
cases <- read_json(arguments[1])
answer <- function(case) (if (grepl("|", case$formula, fixed = TRUE)) with_lmer else with_lm)(case, SETS[[case$data]])
answers <- lapply(cases, answer)
for (name in unique(sapply(cases, `[[`, "data")))
  write.csv(SETS[[name]], file.path(arguments[2], paste0(name, ".csv")), row.names = FALSE, na = "")
write_json(answers, file.path(arguments[2], "answers.json"), digits = NA, auto_unbox = TRUE, null = "null", na = "null")
