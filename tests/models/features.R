# What R makes of models: lme4's rows, criteria and profiles, performance's R-squared, clubSandwich's tests.
# Usage: Rscript features.R FOLDER: FOLDER/cases.json is answered in FOLDER/answers.json. A case has data (FOLDER/<data>.csv,
# written first where it is one of R's own), formula, reml, weights and offset (columns, or null), asks (names of functions
# below), and what those need: new (a file of rows to predict), cluster (a column), joint (fixed terms tested together).
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(clubSandwich); library(jsonlite)})
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "least.R"))
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")), na.strings = "")

labelled <- function(letter, codes) paste0(letter, as.character(codes))
scotland <- function() with(mlmRev::ScotsSec, data.frame(primary = labelled("p", primary), second = labelled("s", second),
  attain, verbal, sex = as.character(sex)))
SETS <- list(
  scotland = scotland, scotland_few = function() subset(scotland(), second %in% labelled("s", seq(1, 19, 3))),
  penicillin = function() data.frame(diameter = Penicillin$diameter, plate = labelled("", Penicillin$plate),
                                     sample = labelled("", Penicillin$sample)),
  ratings = function() with(subset(InstEval, as.integer(s) %% 40 == 3 & as.integer(d) %% 3 == 1), data.frame(
    student = labelled("s", s), lecturer = labelled("d", d), department = labelled("f", dept), service = as.integer(service),
    rating = y)))

fitted_in_r <- function(case, data) {
  if (!grepl("|", case$formula, fixed = TRUE)) return(lm(as.formula(case$formula), data))
  formula <- if (is.null(case$offset)) case$formula else paste0(case$formula, " + offset(", case$offset, ")")
  least_fit(formula, data, case$reml, case$weights)
}

rows <- function(m, data, case) {  # lme4 stumbles over values missing in random terms, so such rows are left out of what it is given
  new <- if (is.null(case$new)) data else read(case$new)
  by <- function(form, needed) {
    whole <- complete.cases(new[intersect(all.vars(needed), names(new))])
    replace(rep(NA_real_, nrow(new)), whole, predict(m, new[whole, ], re.form = form, allow.new.levels = TRUE))
  }
  list(fitted = I(unname(fitted(m))), residuals = I(unname(residuals(m))),
       conditional = I(by(NULL, formula(m))), marginal = I(by(NA, lme4::nobars(formula(m)))))
}
criteria <- function(m, data, case) list(log_likelihood = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m))
shares <- function(m, data, case) {  # of performance, which knows only some models, and written out from lme4's own matrices
  r2 <- suppressWarnings(performance::r2_nakagawa(m))
  explained <- var(as.vector(getME(m, "X") %*% fixef(m)))
  between <- sigma(m)^2 * mean(Matrix::colSums((getME(m, "Lambdat") %*% getME(m, "Zt"))^2))
  list(performance = unname(c(r2$R2_marginal, r2$R2_conditional)),
       by_hand = c(explained, explained + between) / (explained + between + sigma(m)^2))
}
intervals <- function(m, data, case) {  # of standard deviations; R interpolates the profile by splines, so in fine steps
  m@optinfo$control <- BOBYQA
  found <- suppressWarnings(confint(profile(m, which = "theta_", delta.cutoff = 1 / 40, maxpts = 400, signames = FALSE, alphamax = 0.02, optimizer = "bobyqa")))
  sds <- found[grepl("^(sd_|sigma)", rownames(found)), , drop = FALSE]
  list(name = I(rownames(sds)), low = I(unname(sds[, 1])), high = I(unname(sds[, 2])))
}
mixed <- function(m, data, case) {
  found <- coef(summary(m, ddf = "Satterthwaite")); vc <- as.data.frame(VarCorr(m))
  effects <- as.data.frame(ranef(m, condVar = TRUE))
  list(n = nobs(m), terms = I(rownames(found)), beta = I(unname(fixef(m))), se = I(unname(found[, "Std. Error"])),
    df = I(unname(found[, "df"])), criterion = criterion(m),
    variances = data.frame(group = vc$grp, term_1 = vc$var1, term_2 = vc$var2, variance = vc$vcov),
    effects = data.frame(group = as.character(effects$grpvar), term = as.character(effects$term),
                         level = as.character(effects$grp), estimate = effects$condval, sd = effects$condsd))
}
kenward_roger <- function(m, data, case) {
  plain <- vcov(m); adjusted <- vcovAdj(m); k <- length(fixef(m))
  o <- list(se = I(unname(sqrt(diag(as.matrix(adjusted))))),
            df = I(sapply(seq_len(k), function(i) Lb_ddf(as.numeric(seq_len(k) == i), plain, adjusted))))
  chosen <- match(unlist(case$joint), names(fixef(m)))
  if (length(chosen)) o$joint <- unname(KRmodcomp(m, diag(k)[chosen, , drop = FALSE])$stats[c("Fstat", "ndf", "ddf", "p.value")])
  o
}
robust <- function(m, data, case) {
  terms <- names(if (inherits(m, "lm")) coef(m) else fixef(m))
  v <- vcovCR(m, cluster = factor(data[[case$cluster]]), type = "CR2"); found <- coef_test(m, vcov = v, test = "Satterthwaite")
  o <- list(terms = I(terms), se = I(found$SE), df = I(found$df), p = I(found$p_Satt))
  if (length(case$joint)) o$joint <- unname(as.list(Wald_test(m, constraints = constrain_zero(match(unlist(case$joint), terms)),
    vcov = v, test = "HTZ")[c("Fstat", "df_num", "df_denom", "p_val")]))
  o
}

answer <- function(case) {
  data <- read(case$data)
  m <- fitted_in_r(case, data)
  sapply(unlist(case$asks), function(ask) get(ask)(m, data, case), simplify = FALSE)
}
cases <- read_json(file.path(folder, "cases.json"))
for (name in intersect(names(SETS), sapply(cases, `[[`, "data")))
  write.csv(SETS[[name]](), file.path(folder, paste0(name, ".csv")), row.names = FALSE)
write_json(lapply(cases, answer), file.path(folder, "answers.json"), digits = NA, auto_unbox = TRUE, null = "null", na = "null")
