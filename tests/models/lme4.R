# Fits models with lmerTest and pbkrtest, for comparison.
# Usage: Rscript lme4.R CASES.json RESULTS.json; a case has csv, formula, joint (fixed terms dropped together, or null).
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
arguments <- commandArgs(TRUE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 2e-3, rhoend = 1e-9, maxfun = 1e5),
                       check.conv.singular = "ignore", check.conv.grad = "ignore", check.conv.hess = "ignore")
one <- function(case) {
  data <- read.csv(case$csv, colClasses = c(school = "character", class = "character"))
  fitted <- suppressMessages(lmerTest::lmer(as.formula(case$formula), data, control = control))
  unadjusted <- coef(summary(fitted, ddf = "Satterthwaite"))
  terms <- names(fixef(fitted))
  df <- sapply(seq_along(terms), function(i) get_Lb_ddf(fitted, as.numeric(seq_along(terms) == i)))
  variances <- as.data.frame(VarCorr(fitted))
  effects <- as.data.frame(ranef(fitted, condVar = TRUE))
  joint <- NULL; satterthwaite <- NULL
  if (!is.null(case$joint)) {
    smaller <- suppressMessages(update(fitted, as.formula(paste(". ~ . -", paste(case$joint, collapse = " - ")))))
    joint <- KRmodcomp(fitted, smaller)$stats[c("Fstat", "ndf", "ddf", "p.value")]
    contrast <- diag(length(terms))[terms %in% unlist(case$joint), , drop = FALSE]
    satterthwaite <- contestMD(fitted, contrast)[c("F value", "DenDF", "Pr(>F)")]
  }
  list(n = nobs(fitted), terms = I(terms), beta = I(unname(fixef(fitted))), se = I(unname(unadjusted[, "Std. Error"])),
    satterthwaite_df = I(unname(unadjusted[, "df"])), kr_se = I(unname(sqrt(diag(as.matrix(vcovAdj(fitted)))))),
    kr_df = I(unname(df)), reml_criterion = unname(REMLcrit(fitted)), joint = joint, satterthwaite = satterthwaite,
    variances = data.frame(group = variances$grp, term_1 = variances$var1, term_2 = variances$var2, variance = variances$vcov),
    effects = data.frame(group = as.character(effects$grpvar), term = as.character(effects$term),
      level = as.character(effects$grp), estimate = effects$condval, sd = effects$condsd))
}
write_json(lapply(read_json(arguments[1]), one), arguments[2], digits = NA, auto_unbox = TRUE, null = "null", na = "null")
